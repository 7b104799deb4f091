// The interfaces of a VRF.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf::config;
using namespace keavrf::config::test;

BOOST_AUTO_TEST_SUITE(config_interfaces)

BOOST_AUTO_TEST_CASE(interfaces_may_be_left_out_auto_a_list_or_a_map)
{
    const auto read = settings("vrfs:\n"
                               "  a: {}\n"
                               "  b: {interfaces: auto}\n"
                               "  c: {interfaces: [eth1, \"vlan*\", \"!vlan99\", 100]}\n"
                               "  d: {interfaces: {eth2: , eth3: {giaddr: 10.0.0.1, max-hops: 3}, \"!eth4\": }}\n"
                               "  e: {interfaces: [\"!mgmt*\"]}\n");
    const auto& vrfs = read.vrfs;
    BOOST_TEST(vrfs.at(0)->automatic_interfaces);
    BOOST_TEST(vrfs.at(1)->automatic_interfaces);
    BOOST_TEST(!vrfs.at(2)->automatic_interfaces);
    BOOST_TEST_REQUIRE(vrfs.at(2)->interfaces.size() == 3U);
    BOOST_TEST(vrfs.at(2)->interfaces[1].pattern == "vlan*");
    BOOST_TEST(vrfs.at(2)->interfaces[2].pattern == "100");
    BOOST_TEST(vrfs.at(2)->excluded_interfaces.at(0) == "vlan99");
    BOOST_TEST_REQUIRE(vrfs.at(3)->interfaces.size() == 2U);
    BOOST_TEST(!vrfs.at(3)->interfaces[0].giaddr.has_value());
    BOOST_TEST(vrfs.at(3)->interfaces[1].giaddr->str() == "10.0.0.1");
    BOOST_TEST(vrfs.at(3)->interfaces[1].relay.max_hops == 3U);
    BOOST_TEST((vrfs.at(3)->interfaces[1].mark == Mark{"c.yaml", 5, 28}));
    BOOST_TEST(vrfs.at(3)->excluded_interfaces.at(0) == "eth4");
    BOOST_TEST(vrfs.at(4)->automatic_interfaces);
    BOOST_TEST(vrfs.at(4)->excluded_interfaces.at(0) == "mgmt*");
}

BOOST_AUTO_TEST_CASE(tells_what_is_wrong_with_interfaces)
{
    const std::string forms = "must be auto, a list of names, or a map from names to their keys, not ";
    check_errors({
        {"vrfs: {a: {interfaces: eth1}, b: {interfaces: []}, c: {interfaces: {}}}\n",
         {"1:24: vrfs.a.interfaces: " + forms + "\"eth1\"",
          "1:47: vrfs.b.interfaces: is empty, so that nobody is served (leave it out, or write auto, for every member "
          "of "
          "the VRF)",
          "1:68: vrfs.c.interfaces: is empty, so that nobody is served (leave it out, or write auto, for every member "
          "of "
          "the VRF)"}},
        {"vrfs: {a: {interfaces: [eth1, eth1, [], {eth2: {}}, ~, eth0:1, \"!\"]}}\n",
         {"1:31: vrfs.a.interfaces[1]: \"eth1\" is here twice",
          "1:37: vrfs.a.interfaces[2]: must be a name, not a list",
          "1:41: vrfs.a.interfaces[3]: must be a name, not a map (to give an interface keys, write all of interfaces "
          "as a "
          "map)",
          "1:53: vrfs.a.interfaces[4]: must be a name, not nothing",
          "1:56: vrfs.a.interfaces[5]: \"eth0:1\" is no interface name (1 to 15 bytes without /, :, % and white space)",
          "1:64: vrfs.a.interfaces[6]: \"\" is no interface name (1 to 15 bytes without /, :, % and white space)"}},
        {"vrfs: {a: {interfaces: [a, eth1, \"!eth1\", \"x/*\"]}}\n",
         {"1:25: vrfs.a.interfaces[0]: \"a\" is the VRF device itself (name its member interfaces)",
          "1:34: vrfs.a.interfaces[2]: \"eth1\" is both named and excluded",
          "1:43: vrfs.a.interfaces[3]: \"x/*\" can match no interface name (those have no /, :, % and white space)"}},
        {"vrfs: {a: {interfaces: {eth1: [], \"!eth2\": {giaddr: 10.0.0.1}, eth3: {gaiddr: 10.0.0.1}}}}\n",
         {"1:31: vrfs.a.interfaces.eth1: must be a map, such as {trusted: true}, not a list",
          "1:44: vrfs.a.interfaces.\"!eth2\": an excluded interface has no keys",
          "1:71: vrfs.a.interfaces.eth3.gaiddr: unknown key (did you mean giaddr? allowed here: bootp, burst, "
          "circuit-id, "
          "giaddr, link-selection, max-hops, max-size, option82, rate, relay-flags, remote-id, server-id-override, "
          "trusted, vss)"}},
        {"vrfs:\n  a: {interfaces: [eth1, eth2]}\n  b: {interfaces: {eth1: {}}}\n  \"c*\": {interfaces: [eth1]}\n"
         "  d: {interfaces: [\"eth*\"]}\n",
         {"3:20: vrfs.b.interfaces.eth1: the interface \"eth1\" is given to the VRF \"a\" already (line 2); an "
          "interface is "
          "in one VRF only"}},
    });
}

BOOST_AUTO_TEST_CASE(a_giaddr_is_an_address_that_kea_can_answer_to)
{
    const auto giaddr_error = [](const std::string& value) {
        const auto lines = errors("vrfs: {a: {interfaces: {e: {giaddr: " + value + "}}}}\n");
        return lines.empty() ? "" : lines.front();
    };
    const std::string at = "1:37: vrfs.a.interfaces.e.giaddr: ";
    const std::string advice = " (give an address of this interface)";
    for (const auto* good : {"10.0.0.1", "1.0.0.1", "172.31.255.254", "223.255.255.255", "100.64.0.1"}) {
        BOOST_TEST(giaddr_error(good).empty(), good);
    }
    BOOST_TEST(giaddr_error("0.0.0.0") == at + "\"0.0.0.0\" is in 0.0.0.0/8" + advice);
    BOOST_TEST(giaddr_error("0.1.2.3") == at + "\"0.1.2.3\" is in 0.0.0.0/8" + advice);
    BOOST_TEST(giaddr_error("127.1.2.3") == at + "\"127.1.2.3\" is a loopback address" + advice);
    BOOST_TEST(giaddr_error("169.254.0.1") ==
               at + "\"169.254.0.1\" is in 169.254.0.0/16, which keavrfd uses for its own links" + advice);
    BOOST_TEST(giaddr_error("224.0.0.1") ==
               at + "\"224.0.0.1\" is a multicast, reserved or broadcast address" + advice);
    BOOST_TEST(giaddr_error("255.255.255.255") ==
               at + "\"255.255.255.255\" is a multicast, reserved or broadcast address" + advice);
    BOOST_TEST(giaddr_error("10.0.0.256") ==
               at + "must be an IPv4 address of four numbers, such as 192.168.1.1, not \"10.0.0.256\"");
    BOOST_TEST(giaddr_error("10.0.0.1/24") ==
               at + "must be an IPv4 address of four numbers, such as 192.168.1.1, not \"10.0.0.1/24\"");
    BOOST_TEST(giaddr_error("10.1") ==
               at + "must be an IPv4 address of four numbers, such as 192.168.1.1, not \"10.1\"");
    BOOST_TEST(giaddr_error("[10.0.0.1]") ==
               at + "must be an IPv4 address of four numbers, such as 192.168.1.1, not a list");
    check_errors(
        {{"vrfs: {a: {interfaces: {\"e*\": {giaddr: 10.0.0.1}}}}\n",
          {"1:40: vrfs.a.interfaces.\"e*\".giaddr: a giaddr belongs to one interface, and \"e*\" can match many "
           "(name the interface)"}}});
}

BOOST_AUTO_TEST_CASE(what_is_named_twice_is_found_however_much_stands_between)
{
    std::string many;
    for (int at = 0; at < 1000; ++at) {
        many += "      - m" + std::to_string(at) + "\n      - \"!x" + std::to_string(at) + "\"\n";
    }
    const auto lines = errors("vrfs:\n  a:\n    interfaces:\n      - e1\n      - \"!e2\"\n" + many +
                              "      - e1\n      - e2\n      - \"!m7\"\n      - \"!x7\"\n");
    BOOST_TEST(lines == (Lines{"2006:9: vrfs.a.interfaces[2002]: \"e1\" is here twice",
                               "2007:9: vrfs.a.interfaces[2003]: \"e2\" is both named and excluded",
                               "2008:9: vrfs.a.interfaces[2004]: \"m7\" is both named and excluded"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
