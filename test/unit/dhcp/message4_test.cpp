#include "message4_sample.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

namespace {

using keavrf::Ipv4Address;
using keavrf::dhcp::Message4;
using keavrf::dhcp::MessageType;
using keavrf::test::Bytes;
using keavrf::test::operator+;
using keavrf::test::Dhcp4;
using keavrf::test::Sample;
using keavrf::test::text;
using keavrf::test::tlv;

Bytes option54(std::uint32_t value)
{
    return tlv(54, keavrf::test::address(value));
}

} // namespace

BOOST_AUTO_TEST_SUITE(message4)

BOOST_AUTO_TEST_CASE(reads_the_fixed_fields)
{
    Dhcp4 builder;
    builder.op = 2;
    builder.hops = 3;
    builder.xid = 0xdeadbeef;
    builder.flags = 0x8000;
    builder.ciaddr = 0x0a000001;
    builder.yiaddr = 0x0a000002;
    builder.giaddr = 0x0a000004;
    const Sample sample(builder.with(5));
    const auto& message = *sample.message;
    BOOST_TEST(message.operation() == 2);
    BOOST_TEST(message.htype() == 1);
    BOOST_TEST(message.hops() == 3);
    BOOST_TEST(message.xid() == 0xdeadbeefU);
    BOOST_TEST(message.broadcast_flag());
    BOOST_TEST(message.ciaddr().str() == "10.0.0.1");
    BOOST_TEST(message.yiaddr().str() == "10.0.0.2");
    BOOST_TEST(message.giaddr().str() == "10.0.0.4");
    BOOST_TEST(Bytes(message.chaddr().begin(), message.chaddr().end()) == builder.chaddr,
               boost::test_tools::per_element());
    BOOST_TEST((message.type() == MessageType::ack));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_malformed_and_nothing_else)
{
    struct Case {
        const char* what;
        std::function<void(Dhcp4&)> change;
        bool sound;
    };
    const std::vector<Case> cases{
        {"plain", [](Dhcp4&) {}, true},
        {"no End", [](Dhcp4& m) { m.end = false; }, true},
        {"no End, no padding", [](Dhcp4& m) { m.end = false, m.padded = 0; }, true},
        {"no option at all", [](Dhcp4& m) { m.options.clear(), m.padded = 0; }, true},
        {"no cookie", [](Dhcp4& m) { m.cookie = 0; }, false},
        {"hlen 16", [](Dhcp4& m) { m.hlen = 16; }, true},
        {"hlen 17", [](Dhcp4& m) { m.hlen = 17; }, false},
        {"hlen 0", [](Dhcp4& m) { m.hlen = 0; }, true},
        {"option without length", [](Dhcp4& m) { m.options.push_back(12), m.end = false, m.padded = 0; }, false},
        {"option past the end",
         [](Dhcp4& m) {
             m.options = m.options + Bytes{12, 2, 1}, m.end = false, m.padded = 0;
         },
         false},
        {"option up to the end",
         [](Dhcp4& m) {
             m.options = m.options + Bytes{12, 1, 1}, m.end = false, m.padded = 0;
         },
         true},
        {"rubbish after End",
         [](Dhcp4& m) {
             m.trailing = {12, 200, 1};
         },
         true},
        {"empty option 53",
         [](Dhcp4& m) {
             m.options = {53, 0};
         },
         false},
        {"option 53 of value 0",
         [](Dhcp4& m) {
             m.options = {53, 1, 0};
         },
         false},
        {"overload: file sound",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {1}), m.file = {12, 1, 65, 255};
         },
         true},
        {"overload: file past its end",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {1}), m.file = {12, 127};
         },
         false},
        {"overload: sname past its end",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {2}), m.sname = {12, 63};
         },
         false},
        {"overload: sname sound, file text",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {2}), m.file = {12, 127};
         },
         true},
        {"overload of value 4 means nothing",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {4}), m.file = {12, 127};
         },
         true},
        {"overload of value 7 means nothing",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {7}), m.file = {12, 127}, m.sname = {12, 63};
         },
         true},
        {"overload of two bytes means nothing",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {1, 1}), m.file = {12, 127};
         },
         true},
        {"overload, and overload again: the first counts",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {1}) + tlv(52, {2}), m.sname = {12, 63};
         },
         true},
        {"overload inside file means nothing",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {1}), m.file = tlv(52, {3}), m.sname = {12, 63};
         },
         true},
    };
    for (const auto& [what, change, sound] : cases) {
        Dhcp4 builder;
        builder.with(1);
        change(builder);
        BOOST_TEST(Sample(builder).message.has_value() == sound, what);
    }
    const auto whole = Dhcp4().with(1).bytes();
    for (std::size_t size = 0; size < 240; ++size) {
        BOOST_TEST(
            !Sample(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))).message.has_value());
    }
    Bytes memory = whole;
    BOOST_TEST(!Message4::parse(memory, memory.size() + 1).has_value());
}

BOOST_AUTO_TEST_CASE(finds_the_type_in_overloaded_fields)
{
    Dhcp4 builder;
    builder.options = tlv(52, {3});
    builder.sname = tlv(53, {3});
    builder.file = tlv(12, text("a"));
    BOOST_TEST((Sample(builder).message->type() == MessageType::request));
    builder.file = tlv(53, {8}); // file comes before sname (RFC 3396 5)
    BOOST_TEST((Sample(builder).message->type() == MessageType::inform));
    builder.options = tlv(12, text("a"));
    BOOST_TEST((Sample(builder).message->type() == MessageType::bootp));
    builder.options = tlv(53, {77});
    BOOST_TEST((Sample(builder).message->type() == MessageType::unknown));
}

BOOST_AUTO_TEST_CASE(joins_repeats_over_all_fields)
{
    Dhcp4 builder;
    builder.options = tlv(12, text("ab")) + tlv(53, {1}) + tlv(52, {3}) + tlv(12, text("cd"));
    builder.file = tlv(12, text("ef"));
    builder.sname = Bytes{0, 0} + tlv(12, text("gh"));
    const auto joined = Sample(builder).message->find(12);
    BOOST_REQUIRE(joined.has_value());
    BOOST_TEST(std::string(joined->bytes().begin(), joined->bytes().end()) == "abcdefgh");
    BOOST_TEST(!Sample(builder).message->find(60).has_value());
    builder.options = tlv(12, Bytes(200, 65)) + tlv(12, Bytes(56, 65));
    BOOST_TEST(!Sample(builder).message->find(12).has_value());
}

BOOST_AUTO_TEST_CASE(turns_every_server_identifier_that_matches)
{
    const auto from = Ipv4Address(0x0a000001);
    const auto to = Ipv4Address(0xa9fe0102);
    Dhcp4 builder;
    struct Case {
        const char* what;
        Bytes before;
        Bytes after;
        bool replaced;
    };
    const std::vector<Case> cases{
        {"none", {}, {}, false},
        {"one", option54(0x0a000001), option54(0xa9fe0102), true},
        {"another's", option54(0x0a000009), option54(0x0a000009), false},
        {"two", option54(0x0a000001) + tlv(12, {1}) + option54(0x0a000001),
         option54(0xa9fe0102) + tlv(12, {1}) + option54(0xa9fe0102), true},
        {"two different", option54(0x0a000001) + option54(0x0a000009), option54(0xa9fe0102) + option54(0x0a000009),
         true},
        {"in pieces", tlv(54, {10, 0}) + tlv(54, {0, 1}), tlv(54, {0xa9, 0xfe}) + tlv(54, {1, 2}), true},
        {"too long", tlv(54, {10, 0, 0, 1, 5}), tlv(54, {10, 0, 0, 1, 5}), false},
        {"empty", tlv(54, {}), tlv(54, {}), false},
    };
    for (const auto& [what, before, after, replaced] : cases) {
        Sample sample(builder.with(3, before));
        BOOST_TEST(sample.message->replace_server_identifier(from, to) == replaced, what);
        BOOST_TEST(sample.bytes() == builder.with(3, after).bytes(), what);
    }
    BOOST_TEST(Sample(builder.with(3, tlv(54, {10, 0}) + tlv(54, {0, 1}))).message->server_identifier()->str() ==
               "10.0.0.1");
    BOOST_TEST(!Sample(builder.with(3, tlv(54, {10, 0}))).message->server_identifier().has_value());
}

BOOST_AUTO_TEST_CASE(pads_with_zeros_up_to_the_size_and_its_memory)
{
    Dhcp4 builder;
    builder.padded = 0;
    builder.with(1);
    Sample sample(builder);
    sample.message->pad_to(300);
    builder.padded = 300;
    BOOST_TEST(sample.bytes() == builder.bytes());
    sample.message->pad_to(100);
    BOOST_TEST(sample.message->size() == 300U);
    builder.padded = 0;
    Sample narrow(builder, 5);
    narrow.message->pad_to(300);
    BOOST_TEST(narrow.message->size() == builder.bytes().size() + 5);
}

BOOST_AUTO_TEST_CASE(names_every_type_once)
{
    std::vector<std::string> names;
    for (unsigned number = 1; number < 256; ++number) {
        names.emplace_back(name(keavrf::dhcp::message_type(static_cast<std::uint8_t>(number))));
    }
    BOOST_TEST(names[0] == "discover");
    BOOST_TEST(names[7] == "inform");
    BOOST_TEST(names[17] == "tls");
    BOOST_TEST(names[18] == "unknown");
    BOOST_TEST(names[254] == "unknown");
    BOOST_TEST(name(MessageType::bootp) == "bootp");
}

BOOST_AUTO_TEST_SUITE_END()
