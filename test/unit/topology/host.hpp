// Links and addresses of made-up hosts, in few words.
#pragma once

#include "topology/network.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <string>
#include <string_view>

namespace keavrf::topology {

inline netlink::Link a_link(int index, std::string name, int master = 0, std::string kind = "veth")
{
    netlink::Link made;
    made.index = InterfaceIndex{index};
    made.name = std::move(name);
    made.kind = std::move(kind);
    made.mtu = 1500;
    made.flags = IFF_UP | IFF_RUNNING;
    made.address = *LinkAddress::parse("02:00:00:00:00:01");
    if (master != 0) {
        made.master = InterfaceIndex{master};
    }
    return made;
}

inline netlink::Link vrf_device(int index, std::string name, std::uint32_t table)
{
    auto made = a_link(index, std::move(name), 0, "vrf");
    made.vrf_table = table;
    return made;
}

inline netlink::Link loopback()
{
    auto made = a_link(1, "lo", 0, "");
    made.flags |= IFF_LOOPBACK;
    return made;
}

// "10.0.0.1/24".
inline netlink::Address address(int index, std::string_view text, unsigned flags = 0,
                                unsigned scope = RT_SCOPE_UNIVERSE)
{
    const auto slash = text.find('/');
    netlink::Address made;
    made.index = InterfaceIndex{index};
    made.address = *Ipv4Address::parse(text.substr(0, slash));
    made.prefix_length = Ipv4Prefix::parse(text, true)->length();
    made.flags = flags;
    made.scope = scope;
    return made;
}

inline Ipv4Address ip(std::string_view text)
{
    return *Ipv4Address::parse(text);
}

inline Ipv4Prefix prefix(std::string_view text)
{
    return *Ipv4Prefix::parse(text);
}

} // namespace keavrf::topology
