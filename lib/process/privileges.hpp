// What this process may do, and how it gives up what it does not need (capabilities(7)).
#pragma once

#include "core/error.hpp"
#include "process/spawn.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::process {

// Bit of a CAP_* number.
constexpr std::uint64_t capability_bit(int capability) noexcept
{
    return std::uint64_t{1} << static_cast<unsigned>(capability);
}

// The effective set of this process.
Result<std::uint64_t> effective_capabilities();
// "CAP_NET_ADMIN"; "capability 63" for what has no name here.
std::string capability_name(int capability);
// Names of those of `needed` (CAP_* numbers) that this process does not hold, in that order.
std::vector<std::string> missing_capabilities(std::span<const int> needed);
// Effective, permitted and (with CAP_SETPCAP) bounding set become at most `keep`; ambient and inheritable empty.
Result<void> drop_capabilities_to(std::uint64_t keep);

// Raises RLIMIT_NOFILE's soft limit to `wanted`, and the hard one where it may; returns the soft limit in force.
Result<std::uint64_t> raise_open_files_limit(std::uint64_t wanted);

// A user with its groups, from the user database. Unknown: an error that names it.
Result<Identity> find_user(const std::string& name);
// Whom Kea runs as: the name given, else `_kea` (Debian), else `kea`.
Result<Identity> find_kea_user(const std::string& configured);
// A group's number, for the control socket.
Result<gid_t> find_group(const std::string& name);

} // namespace keavrf::process
