#include "netlink/requests.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>

namespace keavrf::netlink {

namespace {

constexpr std::uint16_t dump_flags = NLM_F_REQUEST | NLM_F_DUMP;
constexpr std::uint16_t change_flags = NLM_F_REQUEST | NLM_F_ACK;
constexpr std::uint16_t create_flags = change_flags | NLM_F_CREATE | NLM_F_EXCL;
// What is already there is left, or brought into the wanted form: repairing is the same as making.
constexpr std::uint16_t ensure_flags = change_flags | NLM_F_CREATE | NLM_F_REPLACE;

std::string of_link(InterfaceIndex index)
{
    return "link " + std::to_string(index.value());
}

std::uint8_t family_of(const IpAddress& address)
{
    return std::holds_alternative<Ipv4Address>(address) ? AF_INET : AF_INET6;
}

ifinfomsg link_header(InterfaceIndex index)
{
    ifinfomsg header{};
    header.ifi_family = AF_UNSPEC;
    header.ifi_index = index.value();
    return header;
}

Request change_link(std::string what, InterfaceIndex index)
{
    Request request(std::move(what), RTM_NEWLINK, change_flags);
    request.message().append(link_header(index));
    return request;
}

Request query_link(std::string what, InterfaceIndex index)
{
    Request request(std::move(what), RTM_GETLINK, change_flags);
    request.message().append(link_header(index));
    request.message().u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return request;
}

Request create_link(std::string_view kind, std::string_view name)
{
    Request request("create " + std::string(kind) + " " + std::string(name), RTM_NEWLINK, create_flags);
    request.message().append(link_header(InterfaceIndex()));
    request.message().text(IFLA_IFNAME, name);
    return request;
}

// One queue each way: the kernel's default is one per processor, and an instance's few packets need no more.
void write_veth_end(MessageBuilder& message, const request::VethEnd& end)
{
    message.text(IFLA_IFNAME, end.name);
    message.u32(IFLA_NUM_TX_QUEUES, 1);
    message.u32(IFLA_NUM_RX_QUEUES, 1);
    if (end.address.size() > 0) {
        message.link_address(IFLA_ADDRESS, end.address);
    }
    if (end.namespace_fd >= 0) {
        message.u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(end.namespace_fd));
    }
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

template <class Header>
Request dump(std::string what, std::uint16_t type)
{
    Request request(std::move(what), type, dump_flags);
    request.message().append(Header{});
    return request;
}

} // namespace

Request::Request(std::string what, std::uint16_t type, std::uint16_t flags)
    : what_(std::move(what)), dump_((flags & NLM_F_DUMP) == NLM_F_DUMP), message_(type, flags)
{
}

namespace request {

Request links()
{
    auto request = dump<ifinfomsg>("list links", RTM_GETLINK);
    request.message().u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return request;
}

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

Request link_by_name(std::string_view name)
{
    auto request = query_link("look up link " + std::string(name), InterfaceIndex());
    request.message().text(IFLA_IFNAME, name);
    return request;
}

Request link(InterfaceIndex index)
{
    return query_link("look up " + of_link(index), index);
}

Request create_veth(const VethEnd& here, const VethEnd& peer)
{
    Request request("create veth pair " + std::string(here.name) + " - " + std::string(peer.name), RTM_NEWLINK,
                    create_flags);
    auto& message = request.message();
    message.append(link_header(InterfaceIndex()));
    write_veth_end(message, here);
    message.nested(IFLA_LINKINFO, [&] {
        message.text(IFLA_INFO_KIND, "veth");
        message.nested(IFLA_INFO_DATA, [&] {
            message.nested(VETH_INFO_PEER, [&] {
                message.append(link_header(InterfaceIndex()));
                write_veth_end(message, peer);
            });
        });
    });
    return request;
}

Request create_vrf(std::string_view name, std::uint32_t table)
{
    auto request = create_link("vrf", name);
    auto& message = request.message();
    message.nested(IFLA_LINKINFO, [&] {
        message.text(IFLA_INFO_KIND, "vrf");
        message.nested(IFLA_INFO_DATA, [&] { message.u32(IFLA_VRF_TABLE, table); });
    });
    return request;
}

Request create_plain(std::string_view name, std::string_view kind)
{
    auto request = create_link(kind, name);
    auto& message = request.message();
    message.nested(IFLA_LINKINFO, [&] { message.text(IFLA_INFO_KIND, kind); });
    return request;
}

Request create_macvlan(std::string_view name, InterfaceIndex parent)
{
    auto request = create_link("macvlan", name);
    auto& message = request.message();
    message.s32(IFLA_LINK, parent.value());
    message.nested(IFLA_LINKINFO, [&] {
        message.text(IFLA_INFO_KIND, "macvlan");
        message.nested(IFLA_INFO_DATA, [&] { message.u32(IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE); });
    });
    return request;
}

Request delete_link(InterfaceIndex index)
{
    Request request("delete " + of_link(index), RTM_DELLINK, change_flags);
    request.message().append(link_header(index));
    return request;
}

Request delete_links_of_group(std::uint32_t group)
{
    Request request("delete the links of group " + std::to_string(group), RTM_DELLINK, change_flags);
    auto& message = request.message();
    message.append(link_header(InterfaceIndex()));
    message.u32(IFLA_GROUP, group);
    return request;
}

Request rename_link(InterfaceIndex index, std::string_view name)
{
    auto request = change_link("rename " + of_link(index) + " to " + std::string(name), index);
    request.message().text(IFLA_IFNAME, name);
    return request;
}

Request set_link_state(InterfaceIndex index, bool up)
{
    Request request("set " + of_link(index) + (up ? " up" : " down"), RTM_NEWLINK, change_flags);
    auto header = link_header(index);
    header.ifi_flags = up ? IFF_UP : 0;
    header.ifi_change = IFF_UP;
    request.message().append(header);
    return request;
}

Request set_master(InterfaceIndex index, InterfaceIndex master)
{
    auto request = change_link("set master " + std::to_string(master.value()) + " of " + of_link(index), index);
    request.message().s32(IFLA_MASTER, master.value());
    return request;
}

Request set_mac(InterfaceIndex index, const LinkAddress& address)
{
    auto request = change_link("set address " + address.str() + " of " + of_link(index), index);
    request.message().link_address(IFLA_ADDRESS, address);
    return request;
}

Request set_mtu(InterfaceIndex index, unsigned mtu)
{
    auto request = change_link("set mtu " + std::to_string(mtu) + " of " + of_link(index), index);
    request.message().u32(IFLA_MTU, mtu);
    return request;
}

Request set_link_group(InterfaceIndex index, std::uint32_t group)
{
    auto request = change_link("set group " + std::to_string(group) + " of " + of_link(index), index);
    request.message().u32(IFLA_GROUP, group);
    return request;
}

Request move_link_to_namespace(InterfaceIndex index, int namespace_fd)
{
    auto request = change_link("move " + of_link(index) + " to another namespace", index);
    request.message().s32(IFLA_NET_NS_FD, namespace_fd);
    return request;
}

Request disable_ipv6_address_generation(InterfaceIndex index)
{
    auto request = change_link("disable IPv6 address generation of " + of_link(index), index);
    auto& message = request.message();
    message.nested(IFLA_AF_SPEC, [&] {
        message.nested(AF_INET6, [&] { message.u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE); });
    });
    return request;
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
