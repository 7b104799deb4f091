// Subnets that follow from the addresses of client interfaces (DESIGN section 8, "Automatic subnets"). Pure.
#pragma once

#include "topology/domain.hpp"

#include <string>
#include <vector>

namespace keavrf::topology {

// An address of a client interface.
struct SubnetSource {
    InterfaceIndex interface;
    std::string interface_name;
    InterfaceAddress address;
    friend bool operator==(const SubnetSource&, const SubnetSource&) = default;
};

// The addresses of `prefix` but network, broadcast and `taken`, in ascending ranges. None in a /31 or /32, where no
// address is free for a client; cost is that of `taken`, not of the prefix.
std::vector<AddressRange> pools_of(const Ipv4Prefix& prefix, const std::vector<Ipv4Address>& taken);

// True where an address can give a subnet, or serve as giaddr by default: not loopback, not 169.254/16 (the relay drops
// these as `bad-address`, and the pairs live there), not multicast.
bool usable_address(Ipv4Address address);

struct AutomaticSubnets {
    std::vector<AutomaticSubnet> subnets; // sorted by prefix, so that the order of events leaves no trace
    std::vector<std::string> warnings;
    friend bool operator==(const AutomaticSubnets&, const AutomaticSubnets&) = default;
};

// One subnet for each prefix of `sources` that has room for a client; its router is the address of the first source in
// it, its pools hold none of `own`. Prefixes of one interface form a shared network, and so do those of several
// interfaces that have a prefix in common: it is named after the first interface of `sources` among them. A prefix that
// overlaps that of an earlier source without being equal is left out with a warning: Kea could not tell whose the
// addresses are.
AutomaticSubnets automatic_subnets(const std::vector<SubnetSource>& sources, std::vector<Ipv4Address> own);

} // namespace keavrf::topology
