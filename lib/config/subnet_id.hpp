// The Kea subnet id of a prefix that brings none of its own. Pure.
//
// Leases are kept by subnet id, so the id must come from the prefix alone: not from the order of subnets in a file or
// of addresses on an interface. id = 2^length + (prefix >> (32 - length)) puts a 1 in front of the prefix's own bits,
// so that two prefixes never share an id: 0.0.0.0/0 is 1, 10.0.0.0/8 is 266, 192.168.1.0/24 is 29,403,137.
//
// Kea's ids are 1 to 4294967294 (0 and 4294967295 have meanings of their own). Lengths 0 to 31 fill 1 to 2^32 - 1, and
// there are 2^32 prefixes of length 32 more, so an injective id for all of them cannot be. A /32 takes the number of
// the /31 that holds it: it can clash with that /31 (which overlaps it and is refused for that) and with the other /32
// in it, and the loader then asks for an explicit `id`. 255.255.255.254/31 takes its neighbour's number; no subnet can
// be there.
#pragma once

#include "core/ip_address.hpp"

#include <algorithm>
#include <cstdint>

namespace keavrf::config {

inline constexpr std::uint32_t max_subnet_id = 4294967294U;

constexpr std::uint32_t derived_subnet_id(const Ipv4Prefix& prefix) noexcept
{
    const unsigned length = std::min(prefix.length(), 31U);
    if (length == 0) {
        return 1;
    }
    const std::uint32_t id = (std::uint32_t{1} << length) + (prefix.network().value() >> (32U - length));
    return std::min(id, max_subnet_id);
}

} // namespace keavrf::config
