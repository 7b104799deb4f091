#include "support.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::config;
using namespace keavrf::config::test;

BOOST_AUTO_TEST_SUITE(config_vrfs)

BOOST_AUTO_TEST_CASE(defaults_are_merged_deeply_and_lists_replaced)
{
    const auto read = settings("defaults: {dhcp4: {a: {b: 1, c: 2}, list: [1, 2], x: {y: 1}}}\n"
                               "vrfs:\n"
                               "  red: {dhcp4: {a: {c: 3, d: 4}, list: [5], x: }}\n"
                               "  blue: {}\n"
                               "  green: {dhcp4: {a: 1}}\n");
    const auto text = [&](std::size_t at) { return boost::json::serialize(read.vrfs.at(at)->dhcp4); };
    BOOST_TEST(text(0) == R"({"a":{"b":1,"c":3,"d":4},"list":[5],"x":{"y":1}})");
    BOOST_TEST(text(1) == R"({"a":{"b":1,"c":2},"list":[1,2],"x":{"y":1}})");
    BOOST_TEST(text(2) == R"({"a":1,"list":[1,2],"x":{"y":1}})");
}

BOOST_AUTO_TEST_CASE(a_mistake_in_defaults_is_told_once)
{
    check_errors(
        {{"defaults: {relay: {max-hops: 0}, dhcp4: {subnet4: [{subnet: 10.0.0.1/8}]}, vrf: 1}\n"
          "vrfs: {a: {interfaces: {e1: {}, e2: }}, b: {}, c: {relay: {rate: 1}}}\n",
          {"1:30: defaults.relay.max-hops: must be a whole number from 1 to 16, not \"0\"",
           "1:61: defaults.dhcp4.subnet4[0].subnet: \"10.0.0.1/8\" has bits set beyond its length (did you mean "
           "10.0.0.0/8?)",
           "1:76: defaults.vrf: unknown key (allowed here: dhcp4, dhcp6, relay)"}}});
}

BOOST_AUTO_TEST_CASE(tells_what_is_wrong_with_vrfs)
{
    const std::string name = " is no interface name (1 to 15 bytes without /, :, % and white space)";
    check_errors({
        {"log: {}\n",
         {"1:1: \"vrfs\" is missing, so that nothing would be served (vrfs: {\"*\": {}} serves every VRF, "
          "vrfs: {} none)"}},
        {"vrfs: [red]\n",
         {"1:7: vrfs: must be a map from VRF names to their settings, such as {vrf-red: {}}, not a list"}},
        {"vrfs: {red: 1}\n", {"1:13: vrfs.red: must be a map, such as {}, not \"1\""}},
        {"vrfs: {hub: {}, lo: {}}\n",
         {"1:8: vrfs.hub: \"hub\" cannot be served: that name is taken by keavrfd's hub namespace (rename the VRF)",
          "1:17: vrfs.lo: \"lo\" cannot be served: every namespace has a loopback interface of that name"}},
        {"vrfs: {a-very-long-name: {}, a/b: {}, .., all: }\n",
         {"1:8: vrfs.a-very-long-name: \"a-very-long-name\" is no interface name: it has 16 bytes (15 at most)",
          "1:30: vrfs.\"a/b\": \"a/b\"" + name, "1:39: vrfs.\"..\": \"..\"" + name,
          "1:43: vrfs.all: \"all\" is no interface name (the kernel keeps it for its own settings)"}},
        {"vrfs: {\"a b*\": {}}\n",
         {"1:8: vrfs.\"a b*\": \"a b*\" can match no interface name (those have no /, :, % and white space)"}},
        {"vrfs: {a: {}, \"\\\\a\": {}}\n",
         {"1:15: vrfs.a: this VRF is here for the second time (the first is in line 1)"}},
        {"vrfs: {red: {relais: {}, dhcp: {}}}\n",
         {"1:14: vrfs.red.relais: unknown key (did you mean relay? allowed here: device, dhcp4, dhcp4-file, dhcp6, "
          "external, interfaces, relay)",
          "1:26: vrfs.red.dhcp: unknown key (did you mean dhcp4? allowed here: device, dhcp4, dhcp4-file, dhcp6, "
          "external, "
          "interfaces, relay)"}},
        {"defaults: {dhcp6: {}}\nvrfs: {red: {dhcp6: {subnet6: []}, external: {parent: eth9}}, blue: {dhcp6: []}}\n",
         {"1:19: defaults.dhcp6: DHCPv6 is not yet supported by this version of keavrfd (remove the key)",
          "2:21: vrfs.red.dhcp6: DHCPv6 is not yet supported by this version of keavrfd (remove the key)",
          "2:46: vrfs.red.external: an external interface for Kea is not yet supported by this version of keavrfd "
          "(remove "
          "the key)",
          "2:77: vrfs.blue.dhcp6: must be a map, not a list"}},
        {"vrfs:\n  a: {device: vrf}\n  b: {device: none}\n  \"c*\": {device: none, interfaces: [eth1]}\n"
         "  d: {device: none, interfaces: auto}\n  e: {device: none, interfaces: [\"!eth1\"]}\n",
         {"2:15: vrfs.a.device: must be none (or left out: then the VRF device of this name counts), not \"vrf\"",
          "3:3: vrfs.b.interfaces: must name at least one interface: with device: none there is no VRF whose members "
          "could "
          "be found",
          "4:18: vrfs.\"c*\".device: a domain without a device needs a name of its own, not the glob \"c*\"",
          "5:33: vrfs.d.interfaces: must name at least one interface: with device: none there is no VRF whose members "
          "could be found",
          "6:33: vrfs.e.interfaces: must name at least one interface: with device: none there is no VRF whose members "
          "could be found"}},
    });
}

BOOST_AUTO_TEST_CASE(warns_of_what_has_no_effect)
{
    BOOST_TEST(warnings("vrfs: {}\n") == (Lines{"1:7: vrfs: is empty: nothing is served (\"*\": {} serves every VRF)"}),
               boost::test_tools::per_element());
    BOOST_TEST(
        warnings("vrfs:\n  \"*\": {}\n  red: {}\n  \"t*\": {}\n") ==
            (Lines{"4:3: vrfs.\"t*\": never counts: \"*\" (line 2) comes first and matches every name (globs count "
                   "in file order)"}),
        boost::test_tools::per_element());
    BOOST_TEST(warnings("vrfs: {a: {relay: {burst: 5}}}\n") ==
                   (Lines{"1:27: vrfs.a.relay.burst: has no effect without a rate"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_name_that_grows_when_escaped_must_still_fit_a_socket_path)
{
    const std::string folder = "/tmp/a23456789/b23456789/c23456789/d23456789/e23456789/f23456789";
    BOOST_TEST(errors("runtime-dir: " + folder + "\nvrfs: {abcdefghijklmno: {}, '(){}(){}(){}': {}}\n").size() == 1U);
    BOOST_TEST(
        errors("runtime-dir: " + folder + "\nvrfs: {'ä(){}()': {}}\n") ==
            (Lines{"2:8: vrfs.\"ä(){}()\": runtime-dir is too long for this name: Kea's socket path would have 108 "
                   "characters, and the kernel allows 107"}),
        boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
