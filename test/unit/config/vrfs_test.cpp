#include "support.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::config;
using namespace keavrf::config::test;

BOOST_AUTO_TEST_SUITE(config_vrfs)

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

BOOST_AUTO_TEST_CASE(the_nearest_relay_key_counts)
{
    const auto read = settings("defaults: {relay: {max-hops: 4, remote-id: d, rate: 10}}\n"
                               "vrfs:\n"
                               "  a:\n"
                               "    relay: {remote-id: v, option82: keep, burst: 7}\n"
                               "    interfaces: {eth1: {remote-id: i, trusted: true}, eth2: {rate: 0}}\n"
                               "  b: {relay: }\n");
    const auto& a = *read.vrfs.at(0);
    BOOST_TEST(a.relay.max_hops == 4U);
    BOOST_TEST(a.relay.remote_id == "v");
    BOOST_TEST((a.relay.option82 == Option82Policy::keep));
    BOOST_TEST(a.relay.rate == 10.0);
    BOOST_TEST(a.relay.burst == 7.0);
    BOOST_TEST(a.interfaces.at(0).relay.remote_id == "i");
    BOOST_TEST(a.interfaces.at(0).relay.trusted);
    BOOST_TEST(a.interfaces.at(0).relay.max_hops == 4U);
    BOOST_TEST(a.interfaces.at(1).relay.rate == 0.0);
    BOOST_TEST(a.interfaces.at(1).relay.burst == 0.0);
    BOOST_TEST(read.vrfs.at(1)->relay.remote_id == "d");
    BOOST_TEST(read.vrfs.at(1)->relay.burst == 10.0);
}

BOOST_AUTO_TEST_CASE(every_relay_key_is_read)
{
    const auto relay =
        settings("vrfs: {a: {relay: {max-hops: 1, option82: append, circuit-id: \"${ifindex}\", remote-id: "
                 "\"\", trusted: true, link-selection: true, server-id-override: true, relay-flags: true, "
                 "bootp: true, vss: \"${vrf}\", rate: 0.5, max-size: 9KiB}}}\n")
            .vrfs.at(0)
            ->relay;
    BOOST_TEST((relay == RelaySettings{1, Option82Policy::append, "${ifindex}", "", true, true, true, true, true,
                                       "${vrf}", 0.5, 1, 9216}));
}

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

BOOST_AUTO_TEST_CASE(tells_what_is_wrong_with_relay_keys)
{
    const std::string hops = "must be a whole number from 1 to 16, not ";
    const std::string variables = " (allowed here: ${host}, ${ifindex}, ${interface}, ${mac}, ${vrf})";
    const std::string size =
        "must be 0 (what the interface's MTU allows) or a size from 576 to 65535 bytes, such as 1500B or "
        "1KiB, without a space, not ";
    check_errors({
        {"vrfs:\n  a: {relay: {max-hops: 17}}\n  b: {relay: {max-hops: -1}}\n  c: {relay: {max-hops: \"4\"}}\n"
         "  d: {relay: {max-hops: 1.5}}\n  e: {relay: {max-hops: }}\n",
         {"2:25: vrfs.a.relay.max-hops: " + hops + "\"17\"", "3:25: vrfs.b.relay.max-hops: " + hops + "\"-1\"",
          "4:25: vrfs.c.relay.max-hops: " + hops + "the text \"4\" in quotes",
          "5:25: vrfs.d.relay.max-hops: " + hops + "\"1.5\"", "6:15: vrfs.e.relay.max-hops: " + hops + "nothing"}},
        {"vrfs: {a: {relay: {option82: dorp, trusted: yes, bootp: 1}}}\n",
         {"1:30: vrfs.a.relay.option82: must be drop, replace, append or keep (did you mean drop?), not \"dorp\"",
          "1:45: vrfs.a.relay.trusted: must be true or false, not \"yes\"",
          "1:57: vrfs.a.relay.bootp: must be true or false, not \"1\""}},
        {"vrfs: {a: {relay: {circuit-id: \"${vfr}\", remote-id: \"${vrf\", vss: [a]}}}\n",
         {"1:32: vrfs.a.relay.circuit-id: unknown variable \"${vfr}\"" + variables,
          "1:53: vrfs.a.relay.remote-id: \"${\" without a closing brace" + variables,
          "1:67: vrfs.a.relay.vss: must be a text, not a list"}},
        {"vrfs: {a: {relay: {rate: -1, max-size: 100}}, b: {relay: {rate: fast, max-size: 64KiB}}}\n",
         {"1:26: vrfs.a.relay.rate: must be a number of messages a second, from 0 (no limit) to 10000000, not \"-1\"",
          "1:40: vrfs.a.relay.max-size: " + size + "\"100\"",
          "1:65: vrfs.b.relay.rate: must be a number of messages a second, from 0 (no limit) to 10000000, not \"fast\"",
          "1:81: vrfs.b.relay.max-size: " + size + "\"64KiB\""}},
        {"vrfs: {a: {relay: {giaddr: 10.0.0.1}}}\n",
         {"1:20: vrfs.a.relay.giaddr: unknown key (it belongs to an interface, such as interfaces: {eth1: {giaddr: "
          "192.168.1.1}}; allowed here: bootp, burst, circuit-id, link-selection, max-hops, "
          "max-size, option82, rate, relay-flags, remote-id, server-id-override, trusted, vss)"}},
    });
}

BOOST_AUTO_TEST_CASE(a_vss_is_a_name_or_a_vpn_id)
{
    const auto lines = [](const std::string& vss) { return errors("vrfs: {a: {relay: {vss: \"" + vss + "\"}}}\n"); };
    for (const auto* good : {"", "red", "${vrf} of ${host}", "0x00", "00005e:0000002a", "ABCDEF:abcdef01", " !~"}) {
        BOOST_TEST(lines(good).empty(), good);
    }
    for (const std::string bad :
         {"5e:2a", "00005e:2a", "0000005e:0000002a", "0x00:1", "12345G:00000001", "00005e:0000002x", "+0005e:0000002a",
          "00005e:0000002a:", ":", "00005e:${ifindex}", "r\u00f6t", "\u00a0"}) {
        const auto found = lines(bad);
        BOOST_REQUIRE_MESSAGE(found.size() == 1U, bad);
        BOOST_TEST(
            found[0].starts_with("1:25: vrfs.a.relay.vss: must be a name of printable ASCII characters without a "
                                 "colon, or a VPN-ID: six hexadecimal digits, a colon and eight more, such as "
                                 "00005e:0000002a, not \""),
            found[0]);
    }
    BOOST_TEST(lines("x${mac}") == (Lines{"1:25: vrfs.a.relay.vss: cannot hold \"${mac}\": a name has no colons (use "
                                          "${interface} or ${ifindex})"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(tells_where_a_relay_key_belongs)
{
    struct Case {
        std::string text;
        std::string begin;
    };
    const std::vector<Case> cases{
        {"vrfs: {a: {interfaces: {e1: {relay: {trusted: true}}}}}\n",
         "1:30: vrfs.a.interfaces.e1.relay: unknown key (the keys of relay stand here without it: {trusted: true} "
         "instead of {relay: {trusted: true}}; allowed here: bootp, "},
        {"vrfs: {a: {trusted: true}}\n", "1:12: vrfs.a.trusted: unknown key (it belongs under relay, such as relay: "
                                         "{trusted: true}; allowed here: device, "},
        {"vrfs: {a: {giaddr: 10.0.0.1}}\n",
         "1:12: vrfs.a.giaddr: unknown key (it belongs to an interface, such as interfaces: {eth1: {giaddr: "
         "192.168.1.1}}; allowed here: device, "},
        {"vrfs: {}\ndefaults: {max-hops: 4}\n", "2:12: defaults.max-hops: unknown key (it belongs under relay, such as "
                                                "relay: {trusted: true}; allowed here: dhcp4, "},
        {"vrfs: {}\nrelay: {max-hops: 4}\n", "2:1: relay: unknown key (it belongs under defaults or under a VRF, such "
                                             "as defaults: {relay: {max-hops: 4}}; allowed here: kea, "},
        {"vrfs: {a: {relay: trusted}}\n",
         "1:19: vrfs.a.relay: must be a map, such as {trusted: true}, not \"trusted\""},
        {"vrfs: {a: {interfaces: {e1: trusted}}}\n",
         "1:29: vrfs.a.interfaces.e1: must be a map, such as {trusted: true}, not \"trusted\""},
        {"vrfs: {a: {dhcp4: {subnet4: [{subnet: 10.1}]}}}\n",
         "1:39: vrfs.a.dhcp4.subnet4[0].subnet: must be an IPv4 prefix, such as 192.168.1.0/24, not \"10.1\""},
        {"vrfs: {a: {dhcp4: {subnet4: [{subnet: 10.0.0.0/24, pools: [{pool: 10.2}]}]}}}\n",
         "1:67: vrfs.a.dhcp4.subnet4[0].pools[0].pool: must be \"first - last\" or a prefix, such as "},
        {"vrfs: {a: {relay: {rate: 5, burst: x}}}\n", "1:36: vrfs.a.relay.burst: must be a number of messages, from 0 "
                                                      "(those of a second) to 10000000, not \"x\""},
    };
    for (const auto& [text, begin] : cases) {
        const auto lines = errors(text);
        BOOST_TEST_REQUIRE(lines.size() == 1U, text);
        BOOST_TEST(lines.front().starts_with(begin), lines.front());
    }
}

BOOST_AUTO_TEST_CASE(option_82_has_room_for_255_bytes)
{
    // 2 + 15 for the circuit-id, 2 + length for the remote-id.
    const auto lines = [](std::size_t length, const std::string& more) {
        return errors("vrfs: {a: {relay: {remote-id: " + std::string(length, 'r') + more + "}}}\n");
    };
    BOOST_TEST(lines(236, "").empty());
    BOOST_TEST(lines(237, "") == (Lines{"1:31: vrfs.a.relay.remote-id: makes option 82 too long: 256 bytes with all "
                                        "variables at their longest, of 255 that there are"}),
               boost::test_tools::per_element());
    BOOST_TEST(lines(230, ", link-selection: true").empty());
    BOOST_TEST(lines(231, ", link-selection: true").size() == 1U);
    BOOST_TEST(lines(236, ", circuit-id: \"\", vss: \"${host}\"").size() == 1U);
    BOOST_TEST(lines(236, ", circuit-id: \"\"").empty());
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

BOOST_AUTO_TEST_CASE(warns_of_an_option82_where_nobody_is_trusted)
{
    const std::string problem = "option82: has no effect without trusted: true, so messages that come with option 82 "
                                "are dropped (write trusted: true for the interfaces where it is to be believed)";
    const std::vector<std::pair<const char*, Lines>> cases{
        {"vrfs: {a: {relay: {option82: keep}}}\n", {"1:30: vrfs.a.relay." + problem}},
        {"vrfs: {a: {relay: {option82: append}, interfaces: [e1]}}\n", {"1:30: vrfs.a.relay." + problem}},
        {"vrfs: {a: {interfaces: {e1: {option82: replace}}}}\n", {"1:40: vrfs.a.interfaces.e1." + problem}},
        {"vrfs:\n  a:\n    relay: {trusted: true}\n    interfaces:\n      e1:\n        trusted: false\n"
         "        option82: keep\n      e2: {option82: keep}\n",
         {"7:19: vrfs.a.interfaces.e1." + problem}},
        {"defaults: {relay: {option82: keep}}\nvrfs: {a: {}, b: {interfaces: {e1: {}}}}\n",
         {"1:30: defaults.relay." + problem}},
        {"vrfs: {a: {relay: {option82: drop}}}\n", {}},
        {"vrfs: {a: {relay: {option82: keep, trusted: true}}}\n", {}},
        {"vrfs: {a: {relay: {option82: keep}, interfaces: {e1: {}, e2: {trusted: true}}}}\n", {}},
        {"defaults: {relay: {option82: keep}}\nvrfs: {a: {}, b: {interfaces: {e1: {trusted: true}}}}\n", {}},
        {"defaults: {relay: {option82: keep}}\nvrfs: {a: {relay: {option82: drop}}}\n", {}},
        {"defaults: {relay: {trusted: true}}\nvrfs: {a: {interfaces: {e1: {option82: keep}}}}\n", {}},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST(warnings(text) == expected, text);
    }
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
