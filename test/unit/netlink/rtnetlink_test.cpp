#include "bytes.hpp"
#include "captured.hpp"
#include "netlink/rtnetlink.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace {

using namespace keavrf::netlink;
using keavrf::InterfaceIndex;
using keavrf::Ipv4Address;
using keavrf::Ipv6Address;
using keavrf::Result;

constexpr std::string_view all_captured[] = {
    captured::vrf_link,     captured::vrf_member, captured::bridge_port_changed,  captured::bridge_port_removed,
    captured::link_removed, captured::address,    captured::address_with_peer,    captured::address_secondary,
    captured::address_v6,   captured::neighbour,  captured::address_v6_tentative, captured::default_route,
};

// Reads one captured message with one of the parsers; the bytes live as long as the call.
template <class Value>
Result<std::optional<Value>> parse(std::string_view text, Result<std::optional<Value>> (*parser)(const Message&))
{
    const auto bytes = from_hex(text);
    return parser(*MessageReader(bytes).next());
}

Result<std::optional<Event>> event(std::string_view text)
{
    const auto bytes = from_hex(text);
    return parse_event(Bytes(bytes));
}

std::vector<std::uint8_t> link_message(const std::function<void(MessageBuilder&)>& attributes)
{
    MessageBuilder builder(RTM_NEWLINK, 0);
    ifinfomsg header{};
    header.ifi_index = 5;
    builder.append(header);
    attributes(builder);
    const auto bytes = builder.finish(0);
    return {bytes.begin(), bytes.end()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(rtnetlink)

BOOST_AUTO_TEST_CASE(a_vrf_device_tells_its_kind_and_table)
{
    const auto link = parse(captured::vrf_link, &parse_link).value().value();
    BOOST_TEST(link.name == "vrf-red");
    BOOST_TEST(link.index.value() == 2);
    BOOST_TEST(link.kind == "vrf");
    BOOST_TEST(link.is_vrf());
    BOOST_TEST(link.vrf_table.value() == 1001U);
    BOOST_TEST(link.up());
    BOOST_TEST(link.running());
    BOOST_TEST(!link.master.has_value());
    BOOST_TEST(!link.loopback());
    BOOST_TEST(link.hardware_type == ARPHRD_ETHER);
    BOOST_TEST(link.address.size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_member_tells_its_master_and_a_veth_its_peer)
{
    const auto link = parse(captured::vrf_member, &parse_link).value().value();
    BOOST_TEST(link.name == "e1");
    BOOST_TEST(link.index.value() == 4);
    BOOST_TEST(link.kind == "veth");
    BOOST_TEST(link.master.value().value() == 2);
    BOOST_TEST(link.peer.value().value() == 3);
    BOOST_TEST(!link.peer_namespace.has_value());
    BOOST_TEST(!link.vrf_table.has_value());
    BOOST_TEST(link.mtu == 1500U);
    BOOST_TEST(link.up());
    BOOST_TEST(!link.running());
}

BOOST_AUTO_TEST_CASE(the_kind_may_come_after_its_data)
{
    const auto bytes = link_message([](MessageBuilder& builder) {
        builder.text(IFLA_IFNAME, "blue");
        builder.nested(IFLA_LINKINFO, [&] {
            builder.nested(IFLA_INFO_DATA, [&] { builder.u32(IFLA_VRF_TABLE, 7); });
            builder.text(IFLA_INFO_KIND, "vrf");
        });
    });
    const auto link = parse_link(*MessageReader(bytes).next()).value().value();
    BOOST_TEST(link.vrf_table.value() == 7U);
}

BOOST_AUTO_TEST_CASE(a_table_of_the_wrong_size_is_malformed)
{
    const auto bytes = link_message([](MessageBuilder& builder) {
        builder.text(IFLA_IFNAME, "blue");
        builder.nested(IFLA_LINKINFO, [&] {
            builder.text(IFLA_INFO_KIND, "vrf");
            builder.nested(IFLA_INFO_DATA, [&] { builder.u16(IFLA_VRF_TABLE, 7); });
        });
    });
    BOOST_TEST(parse_link(*MessageReader(bytes).next()).has_error());
}

BOOST_AUTO_TEST_CASE(index_zero_means_no_master_and_no_peer)
{
    const auto bytes = link_message([](MessageBuilder& builder) {
        builder.text(IFLA_IFNAME, "sit0");
        builder.u32(IFLA_MASTER, 0);
        builder.u32(IFLA_LINK, 0);
        builder.s32(IFLA_LINK_NETNSID, 3);
    });
    const auto link = parse_link(*MessageReader(bytes).next()).value().value();
    BOOST_TEST(!link.master.has_value());
    BOOST_TEST(!link.peer.has_value());
    BOOST_TEST(link.peer_namespace.value() == 3);
}

BOOST_AUTO_TEST_CASE(a_port_that_leaves_its_bridge_is_not_a_link_that_is_gone)
{
    BOOST_TEST(!event(captured::bridge_port_removed).value().has_value());
    BOOST_TEST(!event(captured::bridge_port_changed).value().has_value());
    const Event expected = LinkRemoved{InterfaceIndex(3), "v0"};
    BOOST_TEST((event(captured::link_removed).value().value() == expected));
}

BOOST_AUTO_TEST_CASE(a_wireless_event_is_not_a_link_that_lost_its_attributes)
{
    const auto bytes = link_message([](MessageBuilder& builder) {
        builder.text(IFLA_IFNAME, "wlan0");
        builder.u32(IFLA_WIRELESS, 1);
    });
    BOOST_TEST(!parse_event(Bytes(bytes)).value().has_value());
}

BOOST_AUTO_TEST_CASE(ipv4_addresses_are_the_own_ones_with_their_flags)
{
    struct Case {
        std::string_view bytes;
        std::string text;
        bool secondary;
    };
    const Case cases[] = {{captured::address, "192.168.1.10/24", false},
                          {captured::address_with_peer, "10.0.0.1/32", false},
                          {captured::address_secondary, "192.168.1.11/24", true}};
    for (const auto& expected : cases) {
        const auto address = parse(expected.bytes, &parse_address).value().value();
        BOOST_TEST(address.str() == expected.text);
        BOOST_TEST(address.index.value() == 2);
        BOOST_TEST(address.secondary() == expected.secondary);
        BOOST_TEST(address.global());
        BOOST_TEST(address.v4() != nullptr);
        BOOST_TEST(address.v6() == nullptr);
        const Event changed = AddressChanged{address};
        BOOST_TEST((event(expected.bytes).value().value() == changed));
    }
}

BOOST_AUTO_TEST_CASE(ipv6_addresses_tell_whether_they_can_be_used_yet)
{
    const auto global = parse(captured::address_v6, &parse_address).value().value();
    BOOST_TEST(global.str() == "2001:db8::1/64");
    BOOST_TEST(global.global());
    BOOST_TEST(!global.tentative());
    BOOST_TEST((global.flags & IFA_F_NODAD) != 0U);
    const auto link_local = parse(captured::address_v6_tentative, &parse_address).value().value();
    BOOST_TEST(link_local.str() == "fe80::a4b9:c4ff:fea4:8c44/64");
    BOOST_TEST(!link_local.global());
    BOOST_TEST(link_local.tentative());
    BOOST_TEST(!link_local.secondary());
}

BOOST_AUTO_TEST_CASE(a_removed_address_is_found_whatever_its_flags)
{
    auto bytes = from_hex(captured::address);
    bytes[4] = RTM_DELADDR;
    const auto removed = std::get<AddressRemoved>(parse_event(Bytes(bytes)).value().value()).address;
    auto known = removed;
    known.flags ^= IFA_F_DEPRECATED;
    BOOST_TEST(known.same_place(removed));
    known.prefix_length = 25;
    BOOST_TEST(!known.same_place(removed));
}

BOOST_AUTO_TEST_CASE(routes_and_neighbours_are_read)
{
    const auto route = parse(captured::default_route, &parse_route).value().value();
    BOOST_TEST(to_string(route.destination) == "0.0.0.0");
    BOOST_TEST(route.prefix_length == 0U);
    BOOST_TEST(to_string(route.gateway.value()) == "192.168.1.1");
    BOOST_TEST(route.output.value().value() == 2);
    BOOST_TEST(route.table == RT_TABLE_MAIN);
    BOOST_TEST(route.type == RTN_UNICAST);
    const auto neighbour = parse(captured::neighbour, &parse_neighbour).value().value();
    BOOST_TEST(to_string(neighbour.address) == "192.168.1.1");
    BOOST_TEST(neighbour.link_address.str() == "02:00:00:00:00:99");
    BOOST_TEST(neighbour.permanent());
    BOOST_TEST(neighbour.index.value() == 2);
}

BOOST_AUTO_TEST_CASE(messages_of_other_types_are_no_events)
{
    BOOST_TEST(!event(captured::default_route).value().has_value());
    BOOST_TEST(!event(captured::neighbour).value().has_value());
    BOOST_TEST(!event(captured::dump_done).value().has_value());
    BOOST_TEST(!parse(captured::address, &parse_link).value().has_value());
    BOOST_TEST(!parse(captured::vrf_link, &parse_address).value().has_value());
    BOOST_TEST(!parse(captured::vrf_link, &parse_route).value().has_value());
    BOOST_TEST(!parse(captured::vrf_link, &parse_neighbour).value().has_value());
}

BOOST_AUTO_TEST_CASE(bytes_cut_anywhere_are_an_error)
{
    for (const auto text : all_captured) {
        const auto whole = from_hex(text);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            BOOST_TEST(parse_event(Bytes(cut)).has_error(), size);
        }
    }
}

// A shorter message that is honest about its length is an error too, or what its complete attributes say.
BOOST_AUTO_TEST_CASE(messages_of_every_shorter_length_are_read_without_harm)
{
    int errors = 0;
    int values = 0;
    for (const auto text : all_captured) {
        const auto whole = from_hex(text);
        for (std::size_t size = sizeof(nlmsghdr); size < whole.size(); ++size) {
            const auto bytes = shortened(whole, size);
            const auto message = *MessageReader(bytes).next();
            const bool failed = parse_link(message).has_error() || parse_address(message).has_error() ||
                                parse_route(message).has_error() || parse_neighbour(message).has_error();
            ++(failed ? errors : values);
        }
    }
    BOOST_TEST(errors > 3000);
    BOOST_TEST(values > 100);
}

// Whatever a single wrong byte claims, nothing is read beyond the message (the sanitizers watch).
BOOST_AUTO_TEST_CASE(messages_with_any_byte_changed_are_read_without_harm)
{
    std::size_t parsed = 0;
    for (const auto text : all_captured) {
        const auto whole = from_hex(text);
        for (std::size_t at = 0; at < whole.size(); ++at) {
            for (const auto value : std::initializer_list<std::uint8_t>{0x00, 0x01, 0x7f, 0x80, 0xff}) {
                auto bytes = whole;
                bytes[at] = value;
                parsed += parse_event(Bytes(bytes)).has_value() ? 1U : 0U;
            }
        }
    }
    BOOST_TEST(parsed > 1000U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_malformed)
{
    struct Case {
        std::string_view bytes;
        std::size_t at;
        std::uint8_t value;
        const char* what;
    };
    const Case cases[] = {
        {captured::address, 17, 33, "an IPv4 prefix of 33 bits"},
        {captured::address_v6, 17, 129, "an IPv6 prefix of 129 bits"},
        {captured::address, 16, 10, "an IPv6 message with an IPv4 address"},
        {captured::default_route, 17, 33, "an IPv4 route of 33 bits"},
        {captured::vrf_link, 20, 0, "a link with index 0"},
    };
    for (const auto& wrong : cases) {
        auto bytes = from_hex(wrong.bytes);
        bytes[wrong.at] = wrong.value;
        const auto message = *MessageReader(bytes).next();
        const bool failed =
            parse_link(message).has_error() || parse_address(message).has_error() || parse_route(message).has_error();
        BOOST_TEST(failed, wrong.what);
    }
    const auto nameless = link_message([](MessageBuilder& builder) { builder.u32(IFLA_MTU, 1500); });
    BOOST_TEST(parse_event(Bytes(nameless)).has_error());
}

BOOST_AUTO_TEST_SUITE_END()
