// Kernel settings of one network namespace. A new namespace inherits some from the host and some not, so all that
// matters here is set explicitly, in `all`, `default` and `lo`, before any link comes up (DESIGN section 4).
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace keavrf::netns {

struct Sysctl {
    std::string path; // below /proc/sys/net: "ipv4/conf/all/rp_filter"
    std::string value;
    bool optional = false; // no error where the kernel does not have it
    friend bool operator==(const Sysctl&, const Sysctl&) = default;
};

// For the hub and the Kea namespaces: forwarding, rp_filter, arp_ignore, arp_filter, accept_redirects, accept_ra and
// duplicate address detection off. IPv6 is optional throughout. With `unprivileged_port_start`, ports from that number
// on need no capability.
std::vector<Sysctl> isolated_namespace_sysctls(std::optional<std::uint16_t> unprivileged_port_start = std::nullopt);

// Writes them inside the namespace, in their order. Values that already stand are not written, so a read-only /proc/sys
// does no harm where there is nothing to change.
Result<void> apply_sysctls(int namespace_fd, std::span<const Sysctl> settings);
// Whether all of them stand; those that are optional and not there count as standing.
Result<bool> sysctls_in_place(int namespace_fd, std::span<const Sysctl> settings);
// The value as the kernel shows it, without its newline.
Result<std::string> read_sysctl(int namespace_fd, const std::string& path);

} // namespace keavrf::netns
