// What is missing of a veth pair's two ends: each as it shall be (from its slot), compared with what netlink says of
// the namespace it is in. Pure.
#pragma once

#include "core/types.hpp"
#include "instance/pair_addresses.hpp"
#include "netlink/rtnetlink.hpp"
#include "topology/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace keavrf::instance {

// The interface that Kea listens on, in every Kea namespace.
inline constexpr const char* kea_interface = "kea0";

// One namespace at one moment.
struct NamespacePicture {
    std::vector<netlink::Link> links;
    std::vector<netlink::Address> addresses;
    // None: not known at the moment, and not looked at.
    std::optional<std::vector<netlink::Route>> routes;
    std::optional<std::vector<netlink::Neighbour>> neighbours;
};

// One end of a pair as it shall be.
struct EndWanted {
    std::string name;
    LinkAddress mac;
    Ipv4Address address;
    Ipv6Address address_v6;
    Ipv4Address peer;
    Ipv6Address peer_v6;
    LinkAddress peer_mac;
    bool default_route = false; // by way of the peer
};
EndWanted relay_end(std::string name, const PairAddresses& addresses);
EndWanted kea_end(const PairAddresses& addresses);

struct PairFindings {
    topology::PairState state = topology::PairState::absent;
    InterfaceIndex index; // of the relay's end; 0: there is none
    std::string fault;    // the first thing found; empty where there is none
    friend bool operator==(const PairFindings&, const PairFindings&) = default;
};

// IPv6 is looked at only where the namespace has it (an address on loopback).
PairFindings examine_pair(const EndWanted& relay, const NamespacePicture& hub, const EndWanted& kea,
                          const NamespacePicture& kea_namespace);

// An IPv4 address on this end of a pair that is not the one it was given.
bool is_stranger(const netlink::Address& address, InterfaceIndex index, Ipv4Address ours);

// "any address is local here": the hub's route (DESIGN section 4).
bool has_any_address_route(const std::vector<netlink::Route>& routes);
// What is in a table that the hub asks, local or main, and was not put there by keavrfd or the kernel: more specific
// than that route, it takes addresses away from it.
std::vector<netlink::Route> routes_in_the_way(const std::vector<netlink::Route>& routes);
// The rules that every namespace begins with and without which no route counts; those of them that are missing.
std::vector<netlink::Rule> missing_rules(const std::vector<netlink::Rule>& rules);
// All but those that every namespace begins with: whatever one selects, it has answers lost or sent elsewhere.
std::vector<netlink::Rule> rules_in_the_way(std::vector<netlink::Rule> rules);

// What the kernel makes veth pairs with. With less than 1280 there is no IPv6 on a link, and nothing of it can be
// mended.
inline constexpr unsigned pair_mtu = 1500;

} // namespace keavrf::instance
