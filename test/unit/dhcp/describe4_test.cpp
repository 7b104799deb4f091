#include "dhcp/describe4.hpp"
#include "support/dhcp4_builder.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using keavrf::dhcp::Message4;
using keavrf::test::Bytes;
using keavrf::test::operator+;
using keavrf::test::Dhcp4;
using keavrf::test::tlv;

std::string client(const Dhcp4& builder)
{
    auto bytes = builder.bytes();
    return client_text(*Message4::parse(bytes, bytes.size()));
}

std::string subject(const Dhcp4& builder)
{
    auto bytes = builder.bytes();
    const auto address = subject_address(*Message4::parse(bytes, bytes.size()));
    return address ? address->str() : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(describe4)

BOOST_AUTO_TEST_CASE(names_a_client_by_its_address_and_by_an_identifier_that_differs)
{
    Dhcp4 builder;
    BOOST_TEST(client(builder.with(1)) == "02:00:00:00:00:01");
    BOOST_TEST(client(builder.with(1, tlv(61, {1, 2, 0, 0, 0, 0, 1}))) == "02:00:00:00:00:01");
    BOOST_TEST(client(builder.with(1, tlv(61, {255, 0, 10}))) == "02:00:00:00:00:01 id=ff000a");
    // Of another type, longer, shorter.
    BOOST_TEST(client(builder.with(1, tlv(61, {2, 2, 0, 0, 0, 0, 1}))) == "02:00:00:00:00:01 id=02020000000001");
    BOOST_TEST(client(builder.with(1, tlv(61, {1, 2, 0, 0, 0, 0, 1, 9}))) == "02:00:00:00:00:01 id=0102000000000109");
    BOOST_TEST(client(builder.with(1, tlv(61, {1, 2, 0, 0, 0, 0}))) == "02:00:00:00:00:01 id=010200000000");
    BOOST_TEST(client(builder.with(1, tlv(61, {}))) == "02:00:00:00:00:01 id=");
    builder.htype = 32;
    builder.hlen = 2;
    BOOST_TEST(client(builder.with(1)) == "htype 32 0200");
}

BOOST_AUTO_TEST_CASE(says_which_address_a_message_is_about)
{
    Dhcp4 builder;
    BOOST_TEST(subject(builder.with(1)) == "");
    BOOST_TEST(subject(builder.with(1, tlv(50, {10, 0}))) == "");
    BOOST_TEST(subject(builder.with(1, tlv(50, {10, 0, 0, 7}))) == "10.0.0.7");
    builder.ciaddr = 0x0a000008;
    BOOST_TEST(subject(builder) == "10.0.0.8");
    builder.yiaddr = 0x0a000009;
    BOOST_TEST(subject(builder) == "10.0.0.9");
}

BOOST_AUTO_TEST_SUITE_END()
