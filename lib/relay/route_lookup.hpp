// By which interface the way to an address leads, for domains without a VRF device, which all share the routing table
// of the host: the only way to send by an interface of the domain's own what is routed, and never by another domain's.
//
// Asks the kernel, which answers within the call (rtnetlink(7), RTM_GETROUTE), so it never waits; what was learned is
// kept for a moment.
#pragma once

#include "core/ip_address.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

namespace keavrf::relay {

class RouteLookup {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    // How long an answer is believed, and how many are kept.
    static constexpr std::chrono::seconds believed{1};
    static constexpr std::size_t kept = 256;

    // The interface, where a route by that very one leads there (`preferred`), else the one that the routing table
    // says; nothing where none leads there. Where the kernel cannot be asked, the preferred one. In the current network
    // namespace, from the first call on.
    std::optional<InterfaceIndex> way_to(Ipv4Address address, InterfaceIndex preferred, TimePoint now);

private:
    struct Way {
        std::optional<InterfaceIndex> interface;
        TimePoint until;
    };
    // `by`: only routes by this interface count.
    std::optional<InterfaceIndex> ask(Ipv4Address address, std::optional<InterfaceIndex> by);
    bool open();

    UniqueFd socket_;
    std::map<std::pair<Ipv4Address, InterfaceIndex>, Way> ways_;
};

} // namespace keavrf::relay
