// What the configuration asks for, made concrete by the links and addresses that exist: one Domain a VRF. Pure.
#pragma once

#include "config/settings.hpp"
#include "core/ip_address.hpp"
#include "core/types.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::topology {

struct InterfaceAddress {
    Ipv4Address address; // the host's own
    Ipv4Prefix prefix;   // of the link; does not hold `address` where the address has a peer (point to point)
    bool secondary = false;
    friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

// One client interface as the relay shall serve it.
struct PortSpec {
    InterfaceIndex index;
    std::string name;
    LinkAddress hardware_address;
    unsigned mtu = 1500;
    // Configured (and then an address of any interface of this VRF), else the first global primary address of the
    // interface; none: clients cannot be served (`no-giaddr`), trusted downstream relays can.
    std::optional<Ipv4Address> giaddr;
    std::vector<InterfaceAddress> addresses; // global scope, in kernel order
    config::RelaySettings relay;
    friend bool operator==(const PortSpec&, const PortSpec&) = default;
};

struct AddressRange {
    Ipv4Address first;
    Ipv4Address last;
    friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

// A subnet that follows from an interface's address (DESIGN section 8, "Automatic subnets").
struct AutomaticSubnet {
    Ipv4Prefix prefix;
    std::vector<AddressRange> pools; // all but network, broadcast and the host's own addresses; ascending, not empty
    Ipv4Address router;
    std::string shared_network; // several prefixes on one link share the name of its interface; else empty
    friend bool operator==(const AutomaticSubnet&, const AutomaticSubnet&) = default;
};

struct Domain {
    VrfName name;
    InterfaceIndex device; // of the VRF device; 0 for `device: none`
    std::uint32_t table = 0;
    std::shared_ptr<const config::VrfSettings> settings;
    std::vector<PortSpec> ports;            // ordered by interface index
    std::vector<AutomaticSubnet> subnets;   // sorted by prefix; empty where the configuration brings its own
    std::vector<Ipv4Address> own_addresses; // every IPv4 address on an interface of this VRF, whatever scope, sorted
    // Why it cannot be served now ("no VRF device of that name", "no client interface", "no usable subnet"); empty: it
    // can.
    std::string waiting_for;
    // What the operator should look at, in sentences (a giaddr that is not local, rp_filter).
    std::vector<std::string> warnings;

    [[nodiscard]] bool servable() const noexcept { return waiting_for.empty(); }
    // Settings are equal where they are the same object.
    friend bool operator==(const Domain&, const Domain&) = default;
};

using Domains = std::map<VrfName, Domain>;

} // namespace keavrf::topology
