// Client to server: a case for every line of DESIGN section 5, in its order, each with its source.
#include "request_lab.hpp"

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way
using config::Option82Policy;

BOOST_AUTO_TEST_SUITE(relay4_request)

BOOST_AUTO_TEST_CASE(drops_with_the_reason_of_the_first_line_that_applies)
{
    struct Case {
        const char* what;
        int port;
        Change change;
        const char* reason;
    };
    const std::vector<Case> cases{
        // 1
        {"no cookie (RFC 2131 3)", 2, [](Dhcp4& m) { m.cookie = 1; }, "malformed"},
        {"hlen 17 (RFC 2131 2)", 2, [](Dhcp4& m) { m.hlen = 17; }, "malformed"},
        {"an option past the end", 2,
         [](Dhcp4& m) {
             m.options = {53, 9, 1}, m.end = false, m.padded = 0;
         },
         "malformed"},
        {"BOOTREPLY from a client", 2, [](Dhcp4& m) { m.op = 2; }, "malformed"},
        {"op 3", 2, [](Dhcp4& m) { m.op = 3; }, "malformed"},
        {"ciaddr 0.0.0.1", 2, [](Dhcp4& m) { m.ciaddr = 1; }, "bad-address"},
        {"ciaddr 127.0.0.1", 2, [](Dhcp4& m) { m.ciaddr = 0x7f000001; }, "bad-address"},
        {"ciaddr 224.0.0.1", 2, [](Dhcp4& m) { m.ciaddr = 0xe0000001; }, "bad-address"},
        {"ciaddr 255.255.255.255", 2, [](Dhcp4& m) { m.ciaddr = everybody; }, "bad-address"},
        {"ciaddr in the pairs' prefix", 2, [](Dhcp4& m) { m.ciaddr = 0xa9fe0001; }, "bad-address"},
        {"ciaddr is the link's broadcast address", 2, [](Dhcp4& m) { m.ciaddr = 0xc0a801ff; }, "bad-address"},
        {"ciaddr is the link's network address", 2, [](Dhcp4& m) { m.ciaddr = 0xc0a80100; }, "bad-address"},
        {"ciaddr is this port's address", 2, [](Dhcp4& m) { m.ciaddr = eth1_address; }, "bad-address"},
        {"ciaddr is another port's address", 2, [](Dhcp4& m) { m.ciaddr = eth2_address; }, "bad-address"},
        {"ciaddr is the VRF's, on no port", 3, [](Dhcp4& m) { m.ciaddr = other_address; }, "bad-address"},
        {"giaddr 0.0.0.1, trusted", 3, [](Dhcp4& m) { m.giaddr = 1; }, "bad-address"},
        {"giaddr 224.0.0.1, trusted", 3, [](Dhcp4& m) { m.giaddr = 0xe0000001; }, "bad-address"},
        {"giaddr 127.0.0.1, trusted", 3, [](Dhcp4& m) { m.giaddr = 0x7f000001; }, "bad-address"},
        {"giaddr of the pair, trusted", 3, [](Dhcp4& m) { m.giaddr = 0xa9fe0101; }, "bad-address"},
        {"giaddr 240.0.0.1, trusted", 3, [](Dhcp4& m) { m.giaddr = 0xf0000001; }, "bad-address"},
        {"bad address before hops", 2, [](Dhcp4& m) { m.ciaddr = 1, m.hops = 200; }, "bad-address"},
        // 2
        {"hops 16 (RFC 1542 4.1.1)", 2, [](Dhcp4& m) { m.hops = 16; }, "hops"},
        {"hops 255", 2, [](Dhcp4& m) { m.hops = 255; }, "hops"},
        {"hops before giaddr", 2, [](Dhcp4& m) { m.hops = 16, m.giaddr = eth1_address; }, "hops"},
        // BOOTP, LEASEQUERY
        {"BOOTP (RFC 1534), off", 2, [](Dhcp4& m) { m.options.clear(); }, "bootp"},
        {"LEASEQUERY (RFC 4388), not trusted", 2, [](Dhcp4& m) { m.with(10); }, "leasequery"},
        {"LEASEQUERY not trusted, with giaddr", 2, [](Dhcp4& m) { m.with(10), m.giaddr = downstream_relay; },
         "leasequery"},
        {"LEASEQUERY trusted, without giaddr", 3, [](Dhcp4& m) { m.with(10); }, "leasequery"},
        // 4
        {"giaddr is this port's", 2, [](Dhcp4& m) { m.giaddr = eth1_address; }, "spoofed-giaddr"},
        {"giaddr is another port's", 2, [](Dhcp4& m) { m.giaddr = eth2_address; }, "spoofed-giaddr"},
        {"giaddr is a secondary address", 2, [](Dhcp4& m) { m.giaddr = eth1_secondary; }, "spoofed-giaddr"},
        {"giaddr is ours, trusted", 3, [](Dhcp4& m) { m.giaddr = eth2_address; }, "spoofed-giaddr"},
        {"giaddr is the VRF's, on no port", 3, [](Dhcp4& m) { m.giaddr = other_address; }, "spoofed-giaddr"},
        {"relayed, not trusted", 2, [](Dhcp4& m) { m.giaddr = downstream_relay; }, "untrusted-relay"},
        // 5 (RFC 3046 2.1)
        {"option 82, not trusted", 2,
         [](Dhcp4& m) {
             m.options = m.options + tlv(82, {1, 1, 65});
         },
         "untrusted-option82"},
        {"empty option 82, not trusted", 2, [](Dhcp4& m) { m.options = m.options + tlv(82, {}); },
         "untrusted-option82"},
        {"option 82 in file, not trusted", 2,
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {1}), m.file = tlv(82, {1, 1, 65});
         },
         "untrusted-option82"},
        {"option 82, trusted, policy drop", 3,
         [](Dhcp4& m) {
             m.options = m.options + tlv(82, {1, 1, 65});
         },
         "untrusted-option82"},
        // 6
        {"an interface without address", 4, [](Dhcp4&) {}, "no-giaddr"},
    };
    Lab lab;
    for (const auto& [what, port, change, reason] : cases) {
        const auto sent = message(discover, change);
        check(lab.request(port, sent), reason, sent, what);
    }
    BOOST_TEST(lab.domain.port(InterfaceIndex(2))->exchanges.size() == 0U);
}

// RFC 3021: both addresses of a /31 are hosts'; on a /32 there is no other than ours.
BOOST_AUTO_TEST_CASE(a_link_of_two_addresses_has_no_broadcast_address)
{
    Lab lab;
    lab.domain.put_port(with_address(port_config(5, "eth5"), 0x0a090002, 31));
    lab.domain.put_port(with_address(port_config(6, "eth6"), 0x0a090009, 30));
    const auto decision = [&](int port, std::uint32_t ciaddr) {
        return lab.request(port, message(8, [&](Dhcp4& m) { m.ciaddr = ciaddr; })).decision;
    };
    BOOST_TEST(decision(5, 0x0a090003) == "forward");
    BOOST_TEST(decision(5, 0x0a090002) == "bad-address");
    BOOST_TEST(decision(6, 0x0a09000a) == "forward");
    BOOST_TEST(decision(6, 0x0a090008) == "bad-address");
    BOOST_TEST(decision(6, 0x0a09000b) == "bad-address");
}

BOOST_AUTO_TEST_CASE(adds_giaddr_a_hop_and_option_82_before_End)
{
    Lab lab;
    struct Case {
        const char* what;
        Change before;
        Change after;
    };
    const auto grown = [](Dhcp4& m) { m.options = m.options + own_option82("eth1"); };
    const std::vector<Case> cases{
        {"DISCOVER", [](Dhcp4&) {}, grown},
        {"a short one is padded to 300 (RFC 1542 2.1)", [](Dhcp4& m) { m.padded = 0; },
         [&](Dhcp4& m) { grown(m), m.padded = 300; }},
        {"a long one keeps its length while padding lasts", [](Dhcp4& m) { m.padded = 548; }, grown},
        {"no End (RFC 2132 3.2)", [](Dhcp4& m) { m.end = false; }, [&](Dhcp4& m) { grown(m), m.end = true; }},
        {"bytes after End stay",
         [](Dhcp4& m) {
             m.trailing = {1, 2, 3};
         },
         grown},
        {"unknown options stay", [](Dhcp4& m) { m.options = m.options + tlv(224, {1}) + tlv(151, {}); }, grown},
        {"overload stays",
         [](Dhcp4& m) {
             m.options = m.options + tlv(52, {3}), m.file = tlv(67, text("f")), m.sname = tlv(66, text("s"));
         },
         grown},
        {"hops 15", [](Dhcp4& m) { m.hops = 15; }, grown},
        {"secs, flags and yiaddr stay", [](Dhcp4& m) { m.secs = 7, m.flags = 0x8001, m.yiaddr = 5, m.siaddr = 6; },
         grown},
        {"odd hardware (RFC 4390)", [](Dhcp4& m) { m.htype = 32, m.hlen = 0, m.chaddr.clear(); }, grown},
        {"hlen 16", [](Dhcp4& m) { m.hlen = 16, m.chaddr = Bytes(16, 7); }, grown},
        {"a type nobody knows", [](Dhcp4& m) { m.with(200); }, grown},
        {"REQUEST for another server's offer (RFC 2131 3.1)",
         [](Dhcp4& m) {
             m.with(request, tlv(54, {10, 9, 9, 9}));
         },
         grown},
        {"rebinding (RFC 2131 4.3.2)", [](Dhcp4& m) { m.with(request), m.ciaddr = 0xc0a80164; }, grown},
        {"rebinding with a foreign ciaddr: Kea decides", [](Dhcp4& m) { m.with(request), m.ciaddr = 0x0b000001; },
         grown},
    };
    for (const auto& [what, before, after] : cases) {
        auto expected = message(discover, before);
        after(expected);
        expected.hops = static_cast<std::uint8_t>(expected.hops + 1);
        expected.giaddr = eth1_address;
        check(lab.request(2, message(discover, before)), "forward", expected, what);
    }
}

BOOST_AUTO_TEST_CASE(adds_the_sub_options_that_are_configured)
{
    struct Case {
        const char* what;
        std::function<void(config::RelaySettings&)> change;
        Bytes option;
    };
    const auto identifiers = tlv(1, text("eth1")) + tlv(2, text("red"));
    const std::vector<Case> cases{
        {"templates (RFC 3046 3.1, 3.2)",
         [](auto& s) { s.circuit_id = "${vrf}/${interface}/${ifindex}", s.remote_id = "${host} ${mac}"; },
         tlv(82, tlv(1, text("red/eth1/2")) + tlv(2, text("host1 02:00:00:00:01:02")))},
        {"no circuit-id", [](auto& s) { s.circuit_id.clear(); }, tlv(82, tlv(2, text("red")))},
        {"nothing at all", [](auto& s) { s.circuit_id.clear(), s.remote_id.clear(); }, {}},
        {"link-selection (RFC 3527)", [](auto& s) { s.link_selection = true; },
         tlv(82, identifiers + tlv(5, address(eth1_address)))},
        {"server-id-override (RFC 5107)", [](auto& s) { s.server_id_override = true; },
         tlv(82, identifiers + tlv(11, address(eth1_address)))},
        {"relay-flags, broadcast (RFC 5010)", [](auto& s) { s.relay_flags = true; },
         tlv(82, identifiers + tlv(10, {0}))},
        {"VSS by name (RFC 6607)", [](auto& s) { s.vss = "${vrf}"; },
         tlv(82, identifiers + tlv(151, Bytes{0} + text("red")) + tlv(152, {}))},
        {"VSS by VPN-ID (RFC 2685)", [](auto& s) { s.vss = "00005e:0000002a"; },
         tlv(82, identifiers + tlv(151, {1, 0, 0, 0x5e, 0, 0, 0, 0x2a}) + tlv(152, {}))},
        {"all of them", [](auto& s) { s.link_selection = s.server_id_override = s.relay_flags = true, s.vss = "x"; },
         tlv(82, identifiers + tlv(5, address(eth1_address)) + tlv(10, {0}) + tlv(11, address(eth1_address)) +
                     tlv(151, {0, 'x'}) + tlv(152, {}))},
    };
    for (const auto& [what, change, option] : cases) {
        Lab lab;
        change(lab.eth1.relay);
        lab.domain.put_port(lab.eth1);
        auto expected = message(discover);
        expected.options = expected.options + option;
        expected.hops = 1;
        expected.giaddr = eth1_address;
        check(lab.request(2, message(discover)), "forward", expected, what);
    }
}

BOOST_AUTO_TEST_CASE(an_option_82_that_does_not_fit_is_left_out_and_counted)
{
    const auto plain = [](Dhcp4 m) {
        m.hops = 1;
        m.giaddr = eth1_address;
        return m;
    };
    Lab lab;
    const auto full = message(discover, [](Dhcp4& m) { m.options = m.options + tlv(224, Bytes(45, 1)), m.padded = 0; });
    BOOST_REQUIRE(full.bytes().size() == 297U);
    lab.eth1.mtu = 328; // 300 bytes of DHCP
    lab.domain.put_port(lab.eth1);
    auto padded = plain(full);
    padded.padded = 300;
    check(lab.request(2, full), "forward overflow", padded, "longer than the MTU");

    lab.eth1.mtu = 1500;
    lab.eth1.relay.max_size = 307;
    lab.domain.put_port(lab.eth1);
    check(lab.request(2, full), "forward overflow", padded, "longer than max-size");
    lab.eth1.relay.max_size = 310; // 297 + 2 + 6 + 5
    lab.domain.put_port(lab.eth1);
    auto grown = plain(full);
    grown.options = grown.options + own_option82("eth1");
    check(lab.request(2, full), "forward", grown, "just fits");

    lab.eth1.relay.circuit_id = std::string(200, 'a');
    lab.eth1.relay.remote_id = std::string(60, 'b');
    lab.domain.put_port(lab.eth1);
    check(lab.request(2, message(discover)), "forward overflow", plain(message(discover)), "longer than the option");
}

BOOST_AUTO_TEST_CASE(a_trusted_interface_treats_option_82_by_its_policy)
{
    const Bytes theirs = tlv(1, {9}) + tlv(11, address(0x0a000063));
    const auto ours = tlv(1, text("eth2")) + tlv(2, text("red"));
    struct Case {
        const char* what;
        Option82Policy policy;
        Bytes sent;
        Bytes relayed;
        const char* decision;
    };
    const std::vector<Case> cases{
        {"replace", Option82Policy::replace, tlv(82, theirs), tlv(82, ours), "forward"},
        {"replace two", Option82Policy::replace, tlv(82, theirs) + tlv(82, theirs), tlv(82, ours), "forward"},
        {"append inside the one option", Option82Policy::append, tlv(82, tlv(9, {9})), tlv(82, tlv(9, {9}) + ours),
         "forward"},
        {"append what is not there", Option82Policy::append, tlv(82, theirs), tlv(82, theirs + tlv(2, text("red"))),
         "forward"},
        {"append to two (RFC 3396)", Option82Policy::append, tlv(82, {1}) + tlv(82, {1, 9}),
         tlv(82, tlv(1, {9}) + tlv(2, text("red"))), "forward"},
        {"append nothing to two (RFC 3396)", Option82Policy::append, tlv(82, ours) + tlv(82, tlv(9, {9})),
         tlv(82, ours + tlv(9, {9})), "forward"},
        {"append to an empty one", Option82Policy::append, tlv(82, {}), tlv(82, ours), "forward"},
        {"append to a malformed one", Option82Policy::append, tlv(82, {1, 9, 'a', 'b'}), tlv(82, {1, 9, 'a', 'b'}),
         "forward"},
        {"append to two malformed ones", Option82Policy::append, tlv(82, {1}) + tlv(82, {9, 1}),
         tlv(82, {1}) + tlv(82, {9, 1}), "forward"},
        {"append, no room", Option82Policy::append, tlv(82, tlv(9, Bytes(248, 1))), tlv(82, tlv(9, Bytes(248, 1))),
         "forward overflow"},
        {"append, no room, and none needed", Option82Policy::append, tlv(82, ours + tlv(9, Bytes(240, 1))),
         tlv(82, ours + tlv(9, Bytes(240, 1))), "forward"},
        {"append to more than one option holds", Option82Policy::append,
         tlv(82, Bytes(250, 1)) + tlv(82, Bytes(250, 1)), tlv(82, Bytes(250, 1)) + tlv(82, Bytes(250, 1)),
         "forward overflow"},
        {"keep", Option82Policy::keep, tlv(82, theirs), tlv(82, theirs), "forward"},
        {"keep, none there: ours", Option82Policy::keep, {}, tlv(82, ours), "forward"},
    };
    for (const auto& [what, policy, sent, relayed, decision] : cases) {
        Lab lab;
        lab.eth2.relay.option82 = policy;
        lab.domain.put_port(lab.eth2);
        auto before = message(discover);
        before.options = before.options + sent;
        auto after = message(discover);
        after.options = after.options + relayed;
        after.hops = 1;
        after.giaddr = eth2_address;
        check(lab.request(3, before), decision, after, what);
    }
}

BOOST_AUTO_TEST_SUITE_END()
