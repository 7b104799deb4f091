// The keys under `relay`, and where they may stand.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf::config;
using namespace keavrf::config::test;

BOOST_AUTO_TEST_SUITE(config_relay_keys)

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

BOOST_AUTO_TEST_SUITE_END()
