#include "instance/pair_state.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <iterator>
#include <variant>

namespace keavrf::instance {

namespace {

const netlink::Link* find_link(const NamespacePicture& picture, const std::string& name)
{
    const auto found = std::find_if(picture.links.begin(), picture.links.end(),
                                    [&name](const netlink::Link& link) { return link.name == name; });
    return found != picture.links.end() ? &*found : nullptr;
}

bool has_address(const NamespacePicture& picture, InterfaceIndex index, const netlink::IpAddress& address)
{
    return std::any_of(picture.addresses.begin(), picture.addresses.end(),
                       [&](const netlink::Address& there) { return there.index == index && there.address == address; });
}

// Null: none. Kea, and the hub, would take what is sent to it for themselves.
const netlink::Address* stranger(const NamespacePicture& picture, InterfaceIndex index, Ipv4Address ours)
{
    const auto found = std::find_if(picture.addresses.begin(), picture.addresses.end(),
                                    [&](const netlink::Address& there) { return is_stranger(there, index, ours); });
    return found != picture.addresses.end() ? &*found : nullptr;
}

bool has_ipv6(const NamespacePicture& picture)
{
    const auto loopback = Ipv6Address::parse("::1");
    return loopback && std::any_of(picture.addresses.begin(), picture.addresses.end(), [&](const auto& there) {
               return there.v6() != nullptr && *there.v6() == *loopback;
           });
}

bool has_neighbour(const NamespacePicture& picture, InterfaceIndex index, const netlink::IpAddress& address,
                   const LinkAddress& mac)
{
    return !picture.neighbours ||
           std::any_of(picture.neighbours->begin(), picture.neighbours->end(), [&](const netlink::Neighbour& there) {
               return there.index == index && there.address == address && there.link_address == mac &&
                      there.permanent();
           });
}

bool has_default_route(const NamespacePicture& picture, InterfaceIndex index, Ipv4Address gateway)
{
    const netlink::IpAddress wanted = gateway;
    return !picture.routes ||
           std::any_of(picture.routes->begin(), picture.routes->end(), [&](const netlink::Route& route) {
               return route.table == RT_TABLE_MAIN && route.type == RTN_UNICAST && route.prefix_length == 0 &&
                      route.gateway == wanted && route.output == index;
           });
}

// Empty: nothing is missing of what can be put back.
std::string missing(const EndWanted& end, const netlink::Link& link, const NamespacePicture& picture)
{
    if (!link.up()) {
        return end.name + " is down";
    }
    if (link.mtu != 0 && link.mtu < pair_mtu) {
        return end.name + " has an MTU of " + std::to_string(link.mtu) + ", less than " + std::to_string(pair_mtu);
    }
    if (!has_address(picture, link.index, end.address)) {
        return end.name + " has lost its address " + end.address.str();
    }
    if (const auto* other = stranger(picture, link.index, end.address)) {
        return end.name + " has an address that keavrfd did not give it, " + other->str();
    }
    if (!has_neighbour(picture, link.index, end.peer, end.peer_mac)) {
        return end.name + " has lost its neighbour entry for " + end.peer.str();
    }
    if (end.default_route && !has_default_route(picture, link.index, end.peer)) {
        return end.name + " has lost its default route by way of " + end.peer.str();
    }
    if (has_ipv6(picture) && !has_address(picture, link.index, end.address_v6)) {
        return end.name + " has lost its address " + end.address_v6.str();
    }
    if (has_ipv6(picture) && !has_neighbour(picture, link.index, end.peer_v6, end.peer_mac)) {
        return end.name + " has lost its neighbour entry for " + end.peer_v6.str();
    }
    return {};
}

PairFindings broken(InterfaceIndex index, std::string fault)
{
    return {topology::PairState::broken, index, std::move(fault)};
}

} // namespace

EndWanted relay_end(std::string name, const PairAddresses& addresses)
{
    return {.name = std::move(name),
            .mac = addresses.relay_mac,
            .address = addresses.relay,
            .address_v6 = addresses.relay_v6,
            .peer = addresses.kea,
            .peer_v6 = addresses.kea_v6,
            .peer_mac = addresses.kea_mac,
            .default_route = false};
}

EndWanted kea_end(const PairAddresses& addresses)
{
    return {.name = kea_interface,
            .mac = addresses.kea_mac,
            .address = addresses.kea,
            .address_v6 = addresses.kea_v6,
            .peer = addresses.relay,
            .peer_v6 = addresses.relay_v6,
            .peer_mac = addresses.relay_mac,
            .default_route = true};
}

PairFindings examine_pair(const EndWanted& relay, const NamespacePicture& hub, const EndWanted& kea,
                          const NamespacePicture& kea_namespace)
{
    const auto* here = find_link(hub, relay.name);
    const auto* there = find_link(kea_namespace, kea.name);
    if (here == nullptr && there == nullptr) {
        return {};
    }
    if (here == nullptr || there == nullptr) {
        return broken(here != nullptr ? here->index : InterfaceIndex(), "one end of the veth pair is missing");
    }
    if (here->peer != there->index || there->peer != here->index || !here->peer_namespace || !there->peer_namespace) {
        return broken(here->index, "its two ends are not those of one veth pair");
    }
    if (here->address != relay.mac || there->address != kea.mac) {
        return broken(here->index, "an end has another hardware address");
    }
    auto fault = missing(relay, *here, hub);
    if (fault.empty()) {
        fault = missing(kea, *there, kea_namespace);
    }
    if (fault.empty() && (!here->running() || !there->running())) {
        fault = "the veth pair does not run";
    }
    const auto state = fault.empty() ? topology::PairState::ready : topology::PairState::damaged;
    return {state, here->index, std::move(fault)};
}

bool is_stranger(const netlink::Address& address, InterfaceIndex index, Ipv4Address ours)
{
    return address.index == index && address.v4() != nullptr && *address.v4() != ours;
}

bool has_any_address_route(const std::vector<netlink::Route>& routes)
{
    const netlink::IpAddress any = Ipv4Address();
    return std::any_of(routes.begin(), routes.end(), [&any](const netlink::Route& route) {
        return route.table == RT_TABLE_MAIN && route.type == RTN_LOCAL && route.prefix_length == 0 &&
               route.destination == any;
    });
}

std::vector<netlink::Route> routes_in_the_way(const std::vector<netlink::Route>& routes)
{
    std::vector<netlink::Route> found;
    std::copy_if(routes.begin(), routes.end(), std::back_inserter(found), [](const netlink::Route& route) {
        const bool any = route.type == RTN_LOCAL && route.prefix_length == 0;
        const bool asked = route.table == RT_TABLE_MAIN || route.table == RT_TABLE_LOCAL;
        return std::holds_alternative<Ipv4Address>(route.destination) && asked && route.protocol != RTPROT_KERNEL &&
               !any;
    });
    return found;
}

std::vector<netlink::Rule> rules_in_the_way(std::vector<netlink::Rule> rules)
{
    const std::vector<netlink::Rule> kernels{{RT_TABLE_LOCAL, 0, FR_ACT_TO_TBL},
                                             {RT_TABLE_MAIN, 32766, FR_ACT_TO_TBL},
                                             {RT_TABLE_DEFAULT, 32767, FR_ACT_TO_TBL}};
    std::erase_if(rules, [&kernels](const netlink::Rule& rule) {
        return std::find(kernels.begin(), kernels.end(), rule) != kernels.end();
    });
    return rules;
}

std::vector<netlink::Rule> missing_rules(const std::vector<netlink::Rule>& rules)
{
    std::vector<netlink::Rule> missing{{RT_TABLE_LOCAL, 0, FR_ACT_TO_TBL}, {RT_TABLE_MAIN, 32766, FR_ACT_TO_TBL}};
    std::erase_if(missing, [&rules](const netlink::Rule& rule) {
        return std::find(rules.begin(), rules.end(), rule) != rules.end();
    });
    return missing;
}

} // namespace keavrf::instance
