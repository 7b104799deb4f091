// Requests about links.
#include "netlink/request_parts.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

namespace keavrf::netlink {

namespace {

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

} // namespace request

} // namespace keavrf::netlink
