// The Kea subnet id of a prefix that brings none of its own. Pure.
//
// Leases are kept by subnet id, so the id must come from the prefix alone: not from the order of subnets in a file or
// of addresses on an interface. id = 2^length + (prefix >> (32 - length)) puts a 1 in front of the prefix's own bits,
// so that two prefixes never share an id: 0.0.0.0/0 is 1, 10.0.0.0/8 is 266, 192.168.1.0/24 is 29,403,137.
//
// Kea's ids are 1 to 4294967294 (0 and 4294967295 have meanings of their own). Lengths 0 to 31 fill exactly 1 to
// 2^32 - 1; there are 2^32 prefixes of length 32 more, for which no injective id is left. So a /32 has no derived id,
// and neither has 255.255.255.254/31 (it would be 4294967295): such a subnet needs an explicit `id`. Nothing
// automatic is lost by it, since no automatic subnet has room for a pool above /30.
#pragma once

#include "core/ip_address.hpp"

#include <cstdint>
#include <optional>

namespace keavrf::config {

inline constexpr std::uint32_t max_subnet_id = 4294967294U;

constexpr std::optional<std::uint32_t> derived_subnet_id(const Ipv4Prefix& prefix) noexcept
{
    const unsigned length = prefix.length();
    if (length == 0) {
        return 1;
    }
    if (length > 31) {
        return std::nullopt;
    }
    const std::uint32_t id = (std::uint32_t{1} << length) + (prefix.network().value() >> (32U - length));
    return id <= max_subnet_id ? std::optional(id) : std::nullopt;
}

} // namespace keavrf::config
