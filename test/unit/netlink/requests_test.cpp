#include "netlink/requests.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include <map>

namespace {

using namespace keavrf::netlink;
using keavrf::InterfaceIndex;
using keavrf::Ipv4Address;
using keavrf::LinkAddress;

// Links, addresses and routes have one form in requests and in answers: what is sent can be read by the same parsers.
template <class Value>
Value read_back(Request request, std::uint16_t answer, keavrf::Result<std::optional<Value>> (*parser)(const Message&))
{
    const auto bytes = request.message().finish(1);
    auto message = *MessageReader(bytes).next();
    BOOST_TEST(message.type == answer);
    return parser(message).value().value();
}

struct VethPeer {
    std::string kind;
    std::string name;
    std::string address;
    std::uint32_t namespace_fd = 0;
};

VethPeer read_peer(Bytes link_information)
{
    VethPeer peer;
    const auto read_end = [&](AttributeReader& outer) {
        Bytes rest = outer.value();
        ifinfomsg header{};
        BOOST_REQUIRE(take(rest, header));
        AttributeReader attribute(rest);
        while (attribute.next()) {
            if (attribute.type() == IFLA_IFNAME) {
                peer.name = attribute.text();
            } else if (attribute.type() == IFLA_ADDRESS) {
                peer.address = attribute.link_address().str();
            } else if (attribute.type() == IFLA_NET_NS_FD) {
                peer.namespace_fd = attribute.u32();
            }
        }
        BOOST_TEST(attribute.ok());
    };
    AttributeReader information(link_information);
    while (information.next()) {
        if (information.type() == IFLA_INFO_KIND) {
            peer.kind = information.text();
        } else if (information.type() == IFLA_INFO_DATA) {
            information.nested([&](AttributeReader& data) {
                BOOST_TEST(data.type() == VETH_INFO_PEER);
                read_end(data);
            });
        }
    }
    BOOST_TEST(information.ok());
    return peer;
}

} // namespace

BOOST_AUTO_TEST_SUITE(netlink_requests)

BOOST_AUTO_TEST_CASE(a_veth_pair_names_both_ends_and_where_the_peer_shall_live)
{
    const request::VethEnd here{"vrf-red", *LinkAddress::parse("02:00:00:00:00:01"), -1};
    const request::VethEnd there{"kea0", *LinkAddress::parse("02:00:00:00:00:02"), 9};
    auto request = request::create_veth(here, there);
    const auto bytes = request.message().finish(1);
    const auto message = *MessageReader(bytes).next();
    BOOST_TEST(message.type == RTM_NEWLINK);
    BOOST_TEST(message.flags == (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL));
    Bytes rest = message.payload;
    ifinfomsg header{};
    BOOST_REQUIRE(take(rest, header));
    std::string name;
    std::string address;
    VethPeer peer;
    AttributeReader attribute(rest);
    while (attribute.next()) {
        if (attribute.type() == IFLA_IFNAME) {
            name = attribute.text();
        } else if (attribute.type() == IFLA_ADDRESS) {
            address = attribute.link_address().str();
        } else if (attribute.type() == IFLA_LINKINFO) {
            peer = read_peer(attribute.value());
        } else {
            BOOST_TEST(attribute.type() != IFLA_NET_NS_FD);
        }
    }
    BOOST_TEST(attribute.ok());
    BOOST_TEST(name == "vrf-red");
    BOOST_TEST(address == "02:00:00:00:00:01");
    BOOST_TEST(peer.kind == "veth");
    BOOST_TEST(peer.name == "kea0");
    BOOST_TEST(peer.address == "02:00:00:00:00:02");
    BOOST_TEST(peer.namespace_fd == 9U);
}

BOOST_AUTO_TEST_CASE(an_address_to_add_reads_as_that_address)
{
    const InterfaceIndex index(4);
    const auto address =
        read_back(request::add_address(index, *Ipv4Address::parse("169.254.0.1"), 30, 0), RTM_NEWADDR, &parse_address);
    BOOST_TEST(address.str() == "169.254.0.1/30");
    BOOST_TEST(address.index.value() == 4);
}

BOOST_AUTO_TEST_CASE(the_any_address_route_is_local_in_the_main_table)
{
    for (const IpAddress& any : {IpAddress(Ipv4Address()), IpAddress(keavrf::Ipv6Address())}) {
        const auto route = read_back(request::add_local_any_route(any, InterfaceIndex(1)), RTM_NEWROUTE, &parse_route);
        BOOST_TEST((route.destination == any));
        BOOST_TEST(route.prefix_length == 0U);
        BOOST_TEST(route.type == RTN_LOCAL);
        BOOST_TEST(route.table == RT_TABLE_MAIN);
        BOOST_TEST(route.output.value().value() == 1);
    }
}

BOOST_AUTO_TEST_CASE(a_route_to_delete_reads_as_the_route_that_was_listed)
{
    Route listed;
    listed.destination = *Ipv4Address::parse("10.0.0.0");
    listed.prefix_length = 8;
    listed.gateway = *Ipv4Address::parse("192.168.1.1");
    listed.output = InterfaceIndex(3);
    listed.table = 100000;
    listed.type = RTN_UNICAST;
    listed.protocol = RTPROT_STATIC;
    listed.priority = 50;
    const auto read = read_back(request::delete_route(listed), RTM_DELROUTE, &parse_route);
    BOOST_TEST((read == listed));
}

BOOST_AUTO_TEST_CASE(a_permanent_neighbour_reads_as_one)
{
    const auto neighbour =
        read_back(request::add_permanent_neighbour(InterfaceIndex(4), *keavrf::Ipv6Address::parse("fe80::2"),
                                                   *LinkAddress::parse("02:00:00:00:00:02")),
                  RTM_NEWNEIGH, &parse_neighbour);
    BOOST_TEST(neighbour.permanent());
    BOOST_TEST(to_string(neighbour.address) == "fe80::2");
    BOOST_TEST(neighbour.link_address.str() == "02:00:00:00:00:02");
}

BOOST_AUTO_TEST_CASE(a_vrf_to_create_reads_as_that_vrf_but_for_its_index)
{
    auto request = request::create_vrf("vrf-red", 1001);
    auto bytes = request.message().finish(1);
    std::vector<std::uint8_t> answer(bytes.begin(), bytes.end());
    answer[sizeof(nlmsghdr) + offsetof(ifinfomsg, ifi_index)] = 5;
    const auto link = parse_link(*MessageReader(answer).next()).value().value();
    BOOST_TEST(link.name == "vrf-red");
    BOOST_TEST(link.is_vrf());
    BOOST_TEST(link.vrf_table.value() == 1001U);
}

BOOST_AUTO_TEST_CASE(a_name_with_a_nul_cannot_be_sent)
{
    auto request = request::link_by_name(std::string_view("eth\0", 4));
    BOOST_TEST(!request.message().ok());
    BOOST_TEST(request.message().finish(1).empty());
}

BOOST_AUTO_TEST_SUITE_END()
