// Requests about addresses, routes, rules and neighbours.
#include "netlink/request_parts.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

namespace keavrf::netlink {

namespace {

std::uint8_t family_of(const IpAddress& address)
{
    return std::holds_alternative<Ipv4Address>(address) ? AF_INET : AF_INET6;
}

ifaddrmsg address_header(InterfaceIndex index, const IpAddress& address, unsigned prefix_length)
{
    ifaddrmsg header{};
    header.ifa_family = family_of(address);
    header.ifa_prefixlen = static_cast<std::uint8_t>(std::min(prefix_length, 255U));
    header.ifa_scope = RT_SCOPE_UNIVERSE;
    header.ifa_index = static_cast<std::uint32_t>(index.value());
    return header;
}

rtmsg route_header(const IpAddress& destination)
{
    rtmsg header{};
    header.rtm_family = family_of(destination);
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_STATIC;
    header.rtm_scope = RT_SCOPE_UNIVERSE;
    header.rtm_type = RTN_UNICAST;
    return header;
}

} // namespace

namespace request {

Request addresses()
{
    return dump<ifaddrmsg>("list addresses", RTM_GETADDR);
}

Request routes()
{
    return dump<rtmsg>("list routes", RTM_GETROUTE);
}

Request rules()
{
    return dump<fib_rule_hdr>("list rules", RTM_GETRULE);
}

Request neighbours()
{
    return dump<ndmsg>("list neighbours", RTM_GETNEIGH);
}

Request add_address(InterfaceIndex index, const IpAddress& address, unsigned prefix_length, std::uint32_t flags)
{
    Request request("add address " + to_string(address) + "/" + std::to_string(prefix_length) + " to " + of_link(index),
                    RTM_NEWADDR, ensure_flags);
    auto& message = request.message();
    message.append(address_header(index, address, prefix_length));
    message.ip(IFA_LOCAL, address);
    message.ip(IFA_ADDRESS, address);
    if (flags != 0) {
        message.u32(IFA_FLAGS, flags);
    }
    return request;
}

Request delete_address(const Address& address)
{
    Request request("delete address " + address.str() + " from " + of_link(address.index), RTM_DELADDR, change_flags);
    request.message().append(address_header(address.index, address.address, address.prefix_length));
    request.message().ip(IFA_LOCAL, address.address);
    return request;
}

Request add_local_any_route(const IpAddress& any, InterfaceIndex loopback)
{
    Request request("add route local " + to_string(any) + "/0", RTM_NEWROUTE, ensure_flags);
    auto header = route_header(any);
    header.rtm_type = RTN_LOCAL;
    header.rtm_scope = RT_SCOPE_HOST;
    request.message().append(header);
    request.message().s32(RTA_OIF, loopback.value());
    return request;
}

Request add_rule(const Rule& rule)
{
    Request request("add rule " + std::to_string(rule.priority) + " for table " + std::to_string(rule.table),
                    RTM_NEWRULE, create_flags);
    fib_rule_hdr header{};
    header.family = AF_INET;
    header.action = static_cast<std::uint8_t>(rule.action);
    request.message().append(header);
    request.message().u32(FRA_TABLE, rule.table);
    request.message().u32(FRA_PRIORITY, rule.priority);
    return request;
}

Request delete_rule(const Rule& rule)
{
    Request request("delete rule " + std::to_string(rule.priority), RTM_DELRULE, change_flags);
    fib_rule_hdr header{};
    header.family = AF_INET;
    // The kernel would ask whereto.
    header.action = static_cast<std::uint8_t>(rule.action == FR_ACT_GOTO ? 0U : rule.action);
    request.message().append(header);
    request.message().u32(FRA_TABLE, rule.table);
    request.message().u32(FRA_PRIORITY, rule.priority);
    return request;
}

Request add_default_route(const IpAddress& gateway, InterfaceIndex output)
{
    Request request("add default route by " + to_string(gateway) + " on " + of_link(output), RTM_NEWROUTE,
                    ensure_flags);
    request.message().append(route_header(gateway));
    request.message().ip(RTA_GATEWAY, gateway);
    request.message().s32(RTA_OIF, output.value());
    return request;
}

Request delete_route(const Route& route)
{
    Request request("delete route " + to_string(route.destination) + "/" + std::to_string(route.prefix_length),
                    RTM_DELROUTE, change_flags);
    auto header = route_header(route.destination);
    header.rtm_dst_len = static_cast<std::uint8_t>(std::min(route.prefix_length, 255U));
    // The attribute holds what does not fit.
    header.rtm_table = RT_TABLE_UNSPEC;
    header.rtm_type = static_cast<std::uint8_t>(route.type);
    header.rtm_protocol = static_cast<std::uint8_t>(route.protocol);
    header.rtm_scope = static_cast<std::uint8_t>(route.scope);
    auto& message = request.message();
    message.append(header);
    message.u32(RTA_TABLE, route.table);
    if (route.prefix_length > 0) {
        message.ip(RTA_DST, route.destination);
    }
    if (route.gateway) {
        message.ip(RTA_GATEWAY, *route.gateway);
    }
    if (route.output) {
        message.s32(RTA_OIF, route.output->value());
    }
    if (route.priority != 0) {
        message.u32(RTA_PRIORITY, route.priority);
    }
    return request;
}

Request add_permanent_neighbour(InterfaceIndex index, const IpAddress& address, const LinkAddress& link_address)
{
    Request request("add neighbour " + to_string(address) + " to " + of_link(index), RTM_NEWNEIGH, ensure_flags);
    ndmsg header{};
    header.ndm_family = family_of(address);
    header.ndm_ifindex = index.value();
    header.ndm_state = NUD_PERMANENT;
    auto& message = request.message();
    message.append(header);
    message.ip(NDA_DST, address);
    message.link_address(NDA_LLADDR, link_address);
    return request;
}

} // namespace request

} // namespace keavrf::netlink
