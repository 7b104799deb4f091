// The addresses of an instance's veth pair, all derived from its slot (DESIGN section 4). Pure.
//
// A /30 of 169.254.0.0/16 a slot; the first and last 256 addresses of that prefix are reserved (RFC 3927 2.1) and left
// out. IPv6 link-local addresses are the same on every pair: a link is its own scope.
#pragma once

#include "core/ip_address.hpp"
#include "core/types.hpp"

namespace keavrf::instance {

struct PairAddresses {
    Ipv4Address relay;
    Ipv4Address kea;
    Ipv6Address relay_v6; // fe80::1
    Ipv6Address kea_v6;   // fe80::2
    LinkAddress relay_mac;
    LinkAddress kea_mac;

    static constexpr unsigned prefix_length = 30;
    static constexpr unsigned prefix_length_v6 = 64;
};

// `slot` is below topology::slot_limit.
PairAddresses pair_addresses(Slot slot);

} // namespace keavrf::instance
