#include "dhcp/option82.hpp"
#include "support/dhcp4_builder.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using keavrf::dhcp::find_sub_option;
using keavrf::dhcp::SubOptionReader;
using keavrf::dhcp::SubOptionWriter;
using keavrf::test::Bytes;
using keavrf::test::operator+;
using keavrf::test::tlv;

} // namespace

BOOST_AUTO_TEST_SUITE(option82)

BOOST_AUTO_TEST_CASE(reads_sub_options_up_to_the_first_that_is_malformed)
{
    const auto option = tlv(1, {65}) + tlv(2, {}) + tlv(151, {0, 66});
    SubOptionReader reader(option);
    const auto first = reader.next();
    BOOST_TEST(first->code == 1);
    BOOST_TEST(first->offset == 0U);
    const auto second = reader.next();
    BOOST_TEST(second->code == 2);
    BOOST_TEST(second->value.empty());
    BOOST_TEST(second->offset == 3U);
    BOOST_TEST(reader.next()->value.size() == 2U);
    BOOST_TEST(!reader.next().has_value());

    for (const auto& broken : {Bytes{}, Bytes{1}, Bytes{1, 1}, Bytes{1, 255, 0}}) {
        SubOptionReader nothing(broken);
        BOOST_TEST(!nothing.next().has_value());
    }
}

BOOST_AUTO_TEST_CASE(finds_the_first_of_a_code)
{
    const auto option = tlv(1, {65}) + tlv(11, {1, 2, 3, 4}) + tlv(11, {5});
    BOOST_TEST(find_sub_option(option, 11)->size() == 4U);
    BOOST_TEST(!find_sub_option(option, 5).has_value());
}

BOOST_AUTO_TEST_CASE(writes_sub_options_until_the_option_is_full)
{
    SubOptionWriter writer;
    writer.add(1, std::string_view("eth1"));
    writer.add(5, 0x0a000001U);
    writer.append(tlv(2, {7}));
    const auto expected = tlv(1, keavrf::test::text("eth1")) + tlv(5, {10, 0, 0, 1}) + tlv(2, {7});
    BOOST_TEST(Bytes(writer.bytes().begin(), writer.bytes().end()) == expected);
    BOOST_TEST(writer.ok());
    writer.add(2, std::span<const std::uint8_t>(Bytes(255 - expected.size() - 2)));
    BOOST_TEST(writer.ok());
    BOOST_TEST(writer.bytes().size() == 255U);
    writer.append(Bytes{1});
    BOOST_TEST(!writer.ok());
    writer.append({});
    BOOST_TEST(!writer.ok());
}

BOOST_AUTO_TEST_SUITE_END()
