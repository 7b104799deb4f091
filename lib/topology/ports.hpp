// Which interfaces a domain serves, and as what: the part of resolve() that matches names. Pure.
#pragma once

#include "config/settings.hpp"
#include "topology/domain.hpp"
#include "topology/network.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::topology {

// An interface that the configuration gives to a domain. Pointers live as long as the network and the settings.
struct Choice {
    const netlink::Link* link = nullptr;
    const config::InterfaceSettings* settings = nullptr; // null: by `auto` alone
    bool by_name = false;                                // named exactly, not by a glob or `auto`
};

struct Choices {
    std::vector<Choice> chosen; // by interface index
    std::vector<std::string> warnings;
};

// Whether a domain could serve it; `device` is null for `device: none`.
bool is_candidate(const netlink::Link& link, const netlink::Link* device);

// Whether its settings choose a candidate of this name.
bool chooses(const config::VrfSettings& settings, const std::string& name);

// Those of its candidates that its settings choose, with a warning for each name that chooses none.
Choices choose(const config::VrfSettings& settings, const Network& network, const netlink::Link* device);

// Of domains that want the same interface, one keeps it: the first that names it exactly, else the first; the others
// get a warning. `in_order` is by the configuration's order.
void settle_contests(const std::vector<std::pair<VrfName, Choices*>>& in_order);

// By index: the device and its members, or for `device: none` all interfaces that belong to no VRF.
std::vector<const netlink::Link*> links_around(const Network& network, const netlink::Link* device);

// Sorted: every IPv4 address that is local to where the domain's interfaces are.
std::vector<Ipv4Address> own_addresses(const Network& network, const netlink::Link* device);

// How the interface is called in warnings: "interface eth1".
std::string interface_text(const std::string& name);

} // namespace keavrf::topology
