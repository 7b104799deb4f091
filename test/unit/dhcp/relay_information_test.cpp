// Option 82 of a message: put in, replaced, taken out, read.
#include "message4_sample.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

using keavrf::dhcp::Message4;
using keavrf::test::Bytes;
using keavrf::test::operator+;
using keavrf::test::Dhcp4;
using keavrf::test::Sample;
using keavrf::test::text;
using keavrf::test::tlv;

} // namespace

BOOST_AUTO_TEST_SUITE(message4_relay_information)

BOOST_AUTO_TEST_CASE(puts_option_82_last_before_End)
{
    const Bytes value{1, 2, 65, 66};
    struct Case {
        const char* what;
        Dhcp4 before;
        Dhcp4 after;
    };
    std::vector<Case> cases;
    const auto add = [&](const char* what, auto change_before, auto change_after) {
        Dhcp4 before;
        before.with(1, tlv(12, text("host")));
        Dhcp4 after = before;
        change_before(before);
        after = before;
        after.options = after.options + tlv(82, value);
        change_after(after);
        cases.push_back({what, before, after});
    };
    const auto same = [](Dhcp4&) {};
    add("padding makes room", same, same);
    add(
        "no padding: it grows", [](Dhcp4& m) { m.padded = 0; }, same);
    add(
        "large padding stays", [](Dhcp4& m) { m.padded = 548; }, same);
    add(
        "End is added", [](Dhcp4& m) { m.end = false; }, [](Dhcp4& m) { m.end = true; });
    add(
        "End is added without padding", [](Dhcp4& m) { m.end = false, m.padded = 0; }, [](Dhcp4& m) { m.end = true; });
    add(
        "trailing bytes stay",
        [](Dhcp4& m) {
            m.trailing = {9, 8, 7}, m.padded = 0;
        },
        same);
    add(
        "trailing bytes stay before padding",
        [](Dhcp4& m) {
            m.trailing = {9, 8, 7};
        },
        same);
    add(
        "inner pads stay",
        [](Dhcp4& m) {
            m.options = m.options + Bytes{0, 0, 0} + tlv(60, {1});
        },
        same);
    for (const auto& [what, before, after] : cases) {
        Sample sample(before);
        BOOST_TEST(sample.message->set_relay_information(value, 1472), what);
        BOOST_TEST(sample.bytes() == after.bytes(), what);
        BOOST_TEST(sample.message->has_relay_information(), what);
    }
}

BOOST_AUTO_TEST_CASE(replaces_and_removes_option_82_wherever_it_stands)
{
    const Bytes old{2, 1, 9};
    Dhcp4 bare;
    bare.with(1, tlv(52, {3}) + tlv(12, text("host")));
    bare.file = tlv(60, {1}) + Bytes{255};
    bare.sname = tlv(61, {1});
    auto many = bare;
    many.options = tlv(53, {1}) + tlv(82, old) + tlv(52, {3}) + tlv(82, old) + tlv(12, text("host")) + tlv(82, {});
    many.file = tlv(82, old) + tlv(60, {1}) + Bytes{255};
    many.sname = tlv(61, {1}) + tlv(82, old);

    Sample removed(many);
    BOOST_TEST(removed.message->relay_information()->size == 4 * old.size());
    removed.message->remove_relay_information();
    BOOST_TEST(!removed.message->has_relay_information());
    removed.message->pad_to(300);
    BOOST_TEST(removed.bytes() == bare.bytes(), boost::test_tools::per_element());

    Sample replaced(many);
    BOOST_TEST(replaced.message->set_relay_information(Bytes{1, 1, 7}, 1472));
    auto expected = bare;
    expected.options = bare.options + tlv(82, {1, 1, 7});
    replaced.message->pad_to(300);
    BOOST_TEST(replaced.bytes() == expected.bytes(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refuses_an_option_82_that_does_not_fit_and_changes_nothing)
{
    Dhcp4 builder;
    builder.padded = 0;
    builder.with(1, tlv(82, {1, 1, 7}));
    const auto size = builder.bytes().size();
    Sample sample(builder);
    BOOST_TEST(!sample.message->set_relay_information(Bytes(256, 1), 1472));
    BOOST_TEST(!sample.message->set_relay_information(Bytes(10, 1), size + 6));
    BOOST_TEST(sample.bytes() == builder.bytes());
    BOOST_TEST(sample.message->set_relay_information(Bytes(10, 1), size + 7));
    BOOST_TEST(sample.message->size() == size + 7);

    Sample narrow(builder, 6); // its memory ends first
    BOOST_TEST(!narrow.message->set_relay_information(Bytes(10, 1), 1472));
    BOOST_TEST(narrow.bytes() == builder.bytes());
}

BOOST_AUTO_TEST_CASE(option_82_can_be_read_where_it_lies)
{
    struct Case {
        Bytes options;
        Bytes expected;
    };
    for (const auto& [options, expected] : std::vector<Case>{
             {{}, {}},
             {tlv(82, {1, 1, 65}), {1, 1, 65}},
             {tlv(82, {}), {}},
             {tlv(12, {1}) + tlv(82, {1, 1}) + tlv(82, {65}), {1, 1, 65}}, // RFC 3396
             {tlv(82, Bytes(200, 1)) + tlv(82, Bytes(200, 1)), {}},
         }) {
        auto bytes = Dhcp4().with(1, options).bytes();
        const auto size = bytes.size();
        bytes.resize(1000);
        auto message = Message4::parse(bytes, size);
        BOOST_REQUIRE(message.has_value());
        keavrf::dhcp::OptionValue joined;
        const auto found = message->relay_information(joined);
        BOOST_TEST(Bytes(found.begin(), found.end()) == expected);
        const Bytes other{2, 2, 66, 67};
        BOOST_REQUIRE(message->set_relay_information(other, 1000)); // and after an edit
        const auto set = message->relay_information(joined);
        BOOST_TEST(Bytes(set.begin(), set.end()) == other);
    }
}

BOOST_AUTO_TEST_SUITE_END()
