#include "bytes.hpp"
#include "netlink/message.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/rtnetlink.h>

#include <limits>

namespace {

using namespace keavrf::netlink;
using keavrf::Ipv4Address;
using keavrf::Ipv6Address;
using keavrf::LinkAddress;

std::vector<std::uint8_t> copy(Bytes bytes)
{
    return {bytes.begin(), bytes.end()};
}

MessageBuilder every_kind_of_attribute()
{
    MessageBuilder builder(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
    builder.append(ifinfomsg{});
    builder.u8(1, 0xab);
    builder.u16(2, 0xabcd);
    builder.u32(3, 0xabcdef01);
    builder.s32(4, -5);
    builder.text(5, "vrf-red");
    builder.ip(6, *Ipv4Address::parse("10.1.2.3"));
    builder.ip(7, *Ipv6Address::parse("2001:db8::1"));
    builder.link_address(8, *LinkAddress::parse("02:00:00:00:00:01"));
    builder.nested(9, [&] {
        builder.text(1, "veth");
        builder.nested(2, [&] { builder.u32(1, 42); });
        builder.u8(3, 7);
    });
    builder.u8(10, 11);
    return builder;
}

} // namespace

BOOST_AUTO_TEST_SUITE(netlink_message)

BOOST_AUTO_TEST_CASE(what_the_builder_writes_the_reader_reads)
{
    auto builder = every_kind_of_attribute();
    const auto bytes = copy(builder.finish(77));
    MessageReader reader(bytes);
    const auto message = reader.next();
    BOOST_REQUIRE(message.has_value());
    BOOST_TEST(message->type == RTM_NEWLINK);
    BOOST_TEST(message->flags == (NLM_F_REQUEST | NLM_F_ACK));
    BOOST_TEST(message->sequence == 77U);
    BOOST_TEST(message->whole.size() == bytes.size());

    Bytes rest = message->payload;
    ifinfomsg header{};
    BOOST_REQUIRE(take(rest, header));
    AttributeReader attribute(rest);
    const auto next = [&](int type) { return attribute.next() && attribute.type() == type; };
    BOOST_REQUIRE(next(1));
    BOOST_TEST(attribute.u8() == 0xab);
    BOOST_REQUIRE(next(2));
    BOOST_TEST(attribute.u16() == 0xabcd);
    BOOST_REQUIRE(next(3));
    BOOST_TEST(attribute.u32() == 0xabcdef01);
    BOOST_REQUIRE(next(4));
    BOOST_TEST(attribute.s32() == -5);
    BOOST_REQUIRE(next(5));
    BOOST_TEST(attribute.text() == "vrf-red");
    BOOST_REQUIRE(next(6));
    BOOST_TEST(std::get<Ipv4Address>(attribute.ip()).str() == "10.1.2.3");
    BOOST_REQUIRE(next(7));
    BOOST_TEST(std::get<Ipv6Address>(attribute.ip()).str() == "2001:db8::1");
    BOOST_REQUIRE(next(8));
    BOOST_TEST(attribute.link_address().str() == "02:00:00:00:00:01");
    BOOST_REQUIRE(next(9));
    std::string kind;
    std::uint32_t number = 0;
    std::uint8_t last = 0;
    attribute.nested([&](AttributeReader& inner) {
        if (inner.type() == 1) {
            kind = inner.text();
        } else if (inner.type() == 2) {
            inner.nested([&](AttributeReader& innermost) { number = innermost.u32(); });
        } else {
            last = inner.u8();
        }
    });
    BOOST_TEST(kind == "veth");
    BOOST_TEST(number == 42U);
    BOOST_TEST(last == 7);
    BOOST_REQUIRE(next(10));
    BOOST_TEST(attribute.u8() == 11);
    BOOST_TEST(!attribute.next());
    BOOST_TEST(attribute.ok());
    BOOST_TEST(!reader.next().has_value());
    BOOST_TEST(reader.ok());
}

BOOST_AUTO_TEST_CASE(a_mistake_in_building_sticks_and_nothing_is_sent)
{
    const std::vector<std::uint8_t> too_long(std::numeric_limits<std::uint16_t>::max());
    const std::vector<std::uint8_t> long_enough(40000);
    const auto spoil = [&](int how) {
        MessageBuilder builder(RTM_NEWLINK, 0);
        switch (how) {
        case 0:
            builder.text(1, std::string_view("a\0b", 3));
            break;
        case 1:
            builder.bytes(1, too_long);
            break;
        case 2:
            builder.bytes(1, long_enough);
            builder.bytes(1, long_enough);
            break;
        default:
            builder.nested(1, [&] { builder.bytes(1, Bytes(too_long).first(65528)); });
            break;
        }
        const bool ok = builder.ok();
        builder.u8(2, 1);
        return ok || builder.ok() || !builder.finish(1).empty();
    };
    for (int how = 0; how < 4; ++how) {
        BOOST_TEST(!spoil(how), how);
    }
}

BOOST_AUTO_TEST_CASE(a_datagram_holds_several_messages_each_padded)
{
    MessageBuilder first(16, 0);
    first.u8(1, 1);
    MessageBuilder second(17, 0);
    auto datagram = copy(first.finish(1));
    const auto more = copy(second.finish(2));
    datagram.insert(datagram.end(), more.begin(), more.end());
    MessageReader reader(datagram);
    BOOST_TEST(reader.next()->type == 16);
    BOOST_TEST(reader.next()->type == 17);
    BOOST_TEST(!reader.next().has_value());
    BOOST_TEST(reader.ok());
}

BOOST_AUTO_TEST_CASE(a_message_cut_anywhere_is_an_error_and_reads_nothing_beyond)
{
    auto builder = every_kind_of_attribute();
    const auto whole = copy(builder.finish(1));
    for (std::size_t size = 1; size < whole.size(); ++size) {
        const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        MessageReader reader(cut);
        BOOST_TEST(!reader.next().has_value(), size);
        BOOST_TEST(!reader.ok(), size);
    }
}

BOOST_AUTO_TEST_CASE(attributes_cut_anywhere_are_an_error_unless_the_cut_is_between_two)
{
    MessageBuilder builder(0, 0);
    builder.u32(1, 1);
    builder.text(2, "abcdefg");
    const auto whole = copy(builder.finish(1));
    const Bytes attributes = Bytes(whole).subspan(sizeof(nlmsghdr));
    for (std::size_t size = 0; size <= attributes.size(); ++size) {
        const std::vector<std::uint8_t> cut(attributes.begin(), attributes.begin() + static_cast<std::ptrdiff_t>(size));
        AttributeReader reader((Bytes(cut)));
        while (reader.next()) {
        }
        BOOST_TEST(reader.ok() == (size == 0 || size == 8 || size == attributes.size()), size);
    }
}

BOOST_AUTO_TEST_CASE(lengths_that_lie_are_errors)
{
    for (const auto* text : {"0300010000000000", "0000010000000000", "ffff010000000000", "0900010000000000"}) {
        const auto bytes = from_hex(text);
        AttributeReader reader(bytes);
        BOOST_TEST(!reader.next(), text);
        BOOST_TEST(!reader.ok(), text);
    }
    for (const auto* length : {"00000000", "0f000000", "11000000", "ffffffff", "00000080"}) {
        auto bytes = from_hex(std::string(length) + "100000000000000000000000");
        MessageReader reader(bytes);
        BOOST_TEST(!reader.next().has_value(), length);
        BOOST_TEST(!reader.ok(), length);
    }
}

BOOST_AUTO_TEST_CASE(a_value_of_the_wrong_size_reads_as_zero_and_sets_the_error)
{
    const auto three_bytes = from_hex("0700010061626300");
    const auto wrong = [&](auto read) {
        AttributeReader reader(three_bytes);
        BOOST_REQUIRE(reader.next());
        read(reader);
        return !reader.ok() && !reader.next();
    };
    BOOST_TEST(wrong([](AttributeReader& reader) { BOOST_TEST(reader.u8() == 0); }));
    BOOST_TEST(wrong([](AttributeReader& reader) { BOOST_TEST(reader.u16() == 0); }));
    BOOST_TEST(wrong([](AttributeReader& reader) { BOOST_TEST(reader.u32() == 0U); }));
    BOOST_TEST(wrong([](AttributeReader& reader) { BOOST_TEST(reader.s32() == 0); }));
    BOOST_TEST(wrong([](AttributeReader& reader) { (void)reader.ip(); }));
    BOOST_TEST(wrong([](AttributeReader& reader) { reader.nested([](AttributeReader&) {}); }));

    std::vector<std::uint8_t> long_address(4 + 36);
    long_address[0] = 37;
    AttributeReader reader(long_address);
    BOOST_REQUIRE(reader.next());
    BOOST_TEST(reader.link_address().size() == 0U);
    BOOST_TEST(!reader.ok());
}

BOOST_AUTO_TEST_CASE(flags_in_an_attribute_type_are_no_part_of_it)
{
    const auto nested = from_hex("0400128004001240");
    AttributeReader reader(nested);
    BOOST_REQUIRE(reader.next());
    BOOST_TEST(reader.type() == 0x12);
    BOOST_REQUIRE(reader.next());
    BOOST_TEST(reader.type() == 0x12);
}

BOOST_AUTO_TEST_SUITE_END()
