// What the relay needs to know of one client interface; as desired, every change arrives as a whole new value.
#pragma once

#include "config/settings.hpp"
#include "core/ip_address.hpp"
#include "core/types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace keavrf::relay {

struct PortAddress {
    Ipv4Address address;
    Ipv4Prefix prefix;
    bool secondary = false;
    friend bool operator==(const PortAddress&, const PortAddress&) = default;
};

struct PortConfig {
    InterfaceIndex index;
    std::string name;
    LinkAddress mac;
    unsigned mtu = 1500;
    // Configured, else the first global primary address.
    std::optional<Ipv4Address> giaddr;
    std::vector<PortAddress> addresses; // global scope, in kernel order
    config::RelaySettings relay;        // circuit-id and remote-id still as templates
    friend bool operator==(const PortConfig&, const PortConfig&) = default;
};

} // namespace keavrf::relay
