#include "netlink/rtnetlink.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace keavrf::netlink {

namespace {

Error malformed(std::string_view what, const Message& message)
{
    return Error("netlink: malformed " + std::string(what) + " message of " + std::to_string(message.whole.size()) +
                 " bytes, type " + std::to_string(message.type));
}

// Index 0 stands for "none".
std::optional<InterfaceIndex> index_or_none(std::uint32_t value)
{
    return value == 0 ? std::nullopt : std::optional(InterfaceIndex(static_cast<int>(value)));
}

// The data mean something only together with the kind, which may come after them: hence twice.
void read_link_info(AttributeReader& information, Link& link)
{
    information.nested([&link](AttributeReader& attribute) {
        if (attribute.type() == IFLA_INFO_KIND) {
            link.kind = attribute.text();
        }
    });
    if (link.kind != "vrf") {
        return;
    }
    const auto read_table = [&link](AttributeReader& attribute) {
        if (attribute.type() == IFLA_VRF_TABLE) {
            link.vrf_table = attribute.u32();
        }
    };
    information.nested([&read_table](AttributeReader& attribute) {
        if (attribute.type() == IFLA_INFO_DATA) {
            attribute.nested(read_table);
        }
    });
}

void read_link_attribute(AttributeReader& attribute, Link& link)
{
    switch (attribute.type()) {
    case IFLA_IFNAME:
        link.name = attribute.text();
        break;
    case IFLA_MTU:
        link.mtu = attribute.u32();
        break;
    case IFLA_ADDRESS:
        link.address = attribute.link_address();
        break;
    case IFLA_MASTER:
        link.master = index_or_none(attribute.u32());
        break;
    case IFLA_LINK:
        link.peer = index_or_none(attribute.u32());
        break;
    case IFLA_LINK_NETNSID:
        link.peer_namespace = attribute.s32();
        break;
    case IFLA_LINKINFO:
        read_link_info(attribute, link);
        break;
    default:
        break;
    }
}

bool is_ip(int family)
{
    return family == AF_INET || family == AF_INET6;
}

bool belongs_to(const IpAddress& address, int family)
{
    return std::holds_alternative<Ipv4Address>(address) == (family == AF_INET);
}

IpAddress any_address(int family)
{
    return family == AF_INET ? IpAddress(Ipv4Address()) : IpAddress(Ipv6Address());
}

void read_route_attribute(AttributeReader& attribute, Route& route)
{
    switch (attribute.type()) {
    case RTA_DST:
        route.destination = attribute.ip();
        break;
    case RTA_GATEWAY:
        route.gateway = attribute.ip();
        break;
    case RTA_OIF:
        route.output = index_or_none(attribute.u32());
        break;
    case RTA_TABLE:
        route.table = attribute.u32();
        break;
    case RTA_PRIORITY:
        route.priority = attribute.u32();
        break;
    default:
        break;
    }
}

} // namespace

Result<std::optional<Link>> parse_link(const Message& message)
{
    if (message.type != RTM_NEWLINK && message.type != RTM_DELLINK) {
        return std::optional<Link>();
    }
    ifinfomsg header{};
    Bytes attributes = message.payload;
    if (!take(attributes, header)) {
        return malformed("link", message);
    }
    if (header.ifi_family != AF_UNSPEC) {
        return std::optional<Link>();
    }
    Link link;
    link.index = InterfaceIndex(header.ifi_index);
    link.flags = header.ifi_flags;
    link.hardware_type = header.ifi_type;
    AttributeReader attribute(attributes);
    while (attribute.next()) {
        if (attribute.type() == IFLA_WIRELESS) {
            return std::optional<Link>();
        }
        read_link_attribute(attribute, link);
    }
    if (!attribute.ok() || link.name.empty() || header.ifi_index <= 0) {
        return malformed("link", message);
    }
    return std::optional(std::move(link));
}

Result<std::optional<Address>> parse_address(const Message& message)
{
    if (message.type != RTM_NEWADDR && message.type != RTM_DELADDR) {
        return std::optional<Address>();
    }
    ifaddrmsg header{};
    Bytes attributes = message.payload;
    if (!take(attributes, header)) {
        return malformed("address", message);
    }
    if (!is_ip(header.ifa_family)) {
        return std::optional<Address>();
    }
    Address address;
    address.index = InterfaceIndex(static_cast<int>(header.ifa_index));
    address.prefix_length = header.ifa_prefixlen;
    address.scope = header.ifa_scope;
    address.flags = header.ifa_flags;
    std::optional<IpAddress> own;
    std::optional<IpAddress> other;
    AttributeReader attribute(attributes);
    while (attribute.next()) {
        if (attribute.type() == IFA_LOCAL) {
            own = attribute.ip();
        } else if (attribute.type() == IFA_ADDRESS) {
            other = attribute.ip();
        } else if (attribute.type() == IFA_FLAGS) {
            address.flags = attribute.u32();
        }
    }
    // IFA_ADDRESS is the peer's on a point-to-point link, and IFA_LOCAL then ours.
    const auto chosen = own ? own : other;
    const unsigned bits = header.ifa_family == AF_INET ? 32 : 128;
    if (!attribute.ok() || !chosen || !belongs_to(*chosen, header.ifa_family) || address.prefix_length > bits) {
        return malformed("address", message);
    }
    address.address = *chosen;
    return std::optional(address);
}

Result<std::optional<Route>> parse_route(const Message& message)
{
    if (message.type != RTM_NEWROUTE && message.type != RTM_DELROUTE) {
        return std::optional<Route>();
    }
    rtmsg header{};
    Bytes attributes = message.payload;
    if (!take(attributes, header)) {
        return malformed("route", message);
    }
    if (!is_ip(header.rtm_family) || (header.rtm_flags & RTM_F_CLONED) != 0) {
        return std::optional<Route>();
    }
    Route route;
    route.destination = any_address(header.rtm_family);
    route.prefix_length = header.rtm_dst_len;
    route.table = header.rtm_table;
    route.type = header.rtm_type;
    route.protocol = header.rtm_protocol;
    route.scope = header.rtm_scope;
    AttributeReader attribute(attributes);
    while (attribute.next()) {
        read_route_attribute(attribute, route);
    }
    const unsigned bits = header.rtm_family == AF_INET ? 32 : 128;
    if (!attribute.ok() || !belongs_to(route.destination, header.rtm_family) || route.prefix_length > bits) {
        return malformed("route", message);
    }
    return std::optional(route);
}

Result<std::optional<Rule>> parse_rule(const Message& message)
{
    if (message.type != RTM_NEWRULE) {
        return std::optional<Rule>();
    }
    fib_rule_hdr header{};
    Bytes attributes = message.payload;
    if (!take(attributes, header)) {
        return malformed("rule", message);
    }
    if (header.family != AF_INET) {
        return std::optional<Rule>();
    }
    Rule rule;
    rule.table = header.table;
    rule.action = header.action;
    AttributeReader attribute(attributes);
    while (attribute.next()) {
        if (attribute.type() == FRA_TABLE) {
            rule.table = attribute.u32();
        } else if (attribute.type() == FRA_PRIORITY) {
            rule.priority = attribute.u32();
        }
    }
    if (!attribute.ok()) {
        return malformed("rule", message);
    }
    return std::optional(rule);
}

Result<std::optional<Neighbour>> parse_neighbour(const Message& message)
{
    if (message.type != RTM_NEWNEIGH && message.type != RTM_DELNEIGH) {
        return std::optional<Neighbour>();
    }
    ndmsg header{};
    Bytes attributes = message.payload;
    if (!take(attributes, header)) {
        return malformed("neighbour", message);
    }
    if (!is_ip(header.ndm_family)) {
        return std::optional<Neighbour>();
    }
    Neighbour neighbour;
    neighbour.index = InterfaceIndex(header.ndm_ifindex);
    neighbour.state = header.ndm_state;
    std::optional<IpAddress> destination;
    AttributeReader attribute(attributes);
    while (attribute.next()) {
        if (attribute.type() == NDA_DST) {
            destination = attribute.ip();
        } else if (attribute.type() == NDA_LLADDR) {
            neighbour.link_address = attribute.link_address();
        }
    }
    if (!attribute.ok() || !destination || !belongs_to(*destination, header.ndm_family)) {
        return malformed("neighbour", message);
    }
    neighbour.address = *destination;
    return std::optional(neighbour);
}

} // namespace keavrf::netlink
