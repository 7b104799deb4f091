#include "core/ip_address.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using keavrf::Ipv4Address;
using keavrf::Ipv4Prefix;
using keavrf::LinkAddress;

} // namespace

BOOST_AUTO_TEST_SUITE(ip_address)

BOOST_AUTO_TEST_CASE(ipv4_accepts_the_dotted_quad_and_nothing_else)
{
    BOOST_TEST(Ipv4Address::parse("10.0.0.1")->value() == 0x0a000001U);
    BOOST_TEST(Ipv4Address::parse("255.255.255.255")->str() == "255.255.255.255");
    for (const auto* text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1..3.4",
                             "1.2.3.", ".1.2.3", "a.b.c.d", "1.2.3.-4", "0x1.2.3.4", "1.2.3.4/24"}) {
        BOOST_TEST(!Ipv4Address::parse(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(prefix_refuses_host_bits_unless_allowed)
{
    BOOST_TEST(Ipv4Prefix::parse("192.168.1.0/24")->str() == "192.168.1.0/24");
    BOOST_TEST(!Ipv4Prefix::parse("192.168.1.1/24").has_value());
    BOOST_TEST(Ipv4Prefix::parse("192.168.1.1/24", true)->str() == "192.168.1.0/24");
    for (const auto* text : {"192.168.1.0", "192.168.1.0/33", "192.168.1.0/", "/24", "192.168.1.0/024", "x/8"}) {
        BOOST_TEST(!Ipv4Prefix::parse(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(prefix_knows_what_it_holds_and_what_it_overlaps)
{
    const auto wide = *Ipv4Prefix::parse("10.0.0.0/8");
    const auto narrow = *Ipv4Prefix::parse("10.1.0.0/16");
    const auto other = *Ipv4Prefix::parse("11.0.0.0/8");
    const auto everything = *Ipv4Prefix::parse("0.0.0.0/0");
    BOOST_TEST(wide.contains(*Ipv4Address::parse("10.255.0.1")));
    BOOST_TEST(!wide.contains(*Ipv4Address::parse("11.0.0.0")));
    BOOST_TEST(wide.overlaps(narrow));
    BOOST_TEST(narrow.overlaps(wide));
    BOOST_TEST(!wide.overlaps(other));
    BOOST_TEST(everything.overlaps(other));
    BOOST_TEST(narrow.last().str() == "10.1.255.255");
    BOOST_TEST(everything.last().str() == "255.255.255.255");
}

BOOST_AUTO_TEST_CASE(link_address_reads_what_it_prints)
{
    BOOST_TEST(LinkAddress::parse("02:00:00:00:00:fE")->str() == "02:00:00:00:00:fe");
    for (const auto* text :
         {"", "0", "02:", ":02", "02:0", "02-00", "0g", "02:00:00:00:00:fe ",
          "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
          "00:00:00"}) {
        BOOST_TEST(!LinkAddress::parse(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
