// Client to server: what a relay's, a BOOTP client's or a renewing client's message becomes, and the limits of a port.
// Each case with its source.
#include "request_lab.hpp"

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way

BOOST_AUTO_TEST_SUITE(relay4_request_forwarding)

BOOST_AUTO_TEST_CASE(what_a_trusted_relay_sends_goes_on_with_its_giaddr_and_option_82)
{
    Lab lab;
    auto sent = message(discover, [](Dhcp4& m) {
        m.options = m.options + tlv(82, {1, 1, 65}), m.giaddr = downstream_relay;
    });
    auto expected = sent;
    expected.hops = 1;
    check(lab.request(3, sent, eth2_address), "forward", expected, "RFC 3046 2.1");
    const auto* heard = lab.domain.downstream(Ipv4Address(downstream_relay));
    BOOST_REQUIRE(heard != nullptr);
    BOOST_TEST(heard->relay_address.str() == "10.2.0.1");
    sent.with(10);
    expected = sent;
    expected.hops = 1;
    check(lab.request(3, sent, eth2_address), "forward", expected, "LEASEQUERY (RFC 4388)");
    // Where its clients are is its own affair.
    sent.with(request);
    sent.ciaddr = 0x0a4d0001;
    expected = sent;
    expected.hops = 1;
    check(lab.request(3, sent, eth2_address), "forward", expected, "a client of a subnet nobody knows here");
}

BOOST_AUTO_TEST_CASE(bootp_goes_on_where_it_is_switched_on)
{
    Lab lab;
    lab.eth1.relay.bootp = true;
    lab.domain.put_port(lab.eth1);
    auto sent = message(discover);
    sent.options.clear();
    auto expected = sent;
    expected.options = own_option82("eth1");
    expected.hops = 1;
    expected.giaddr = eth1_address;
    check(lab.request(2, sent), "forward", expected, "RFC 951, 1534");
}

BOOST_AUTO_TEST_CASE(a_unicast_renewal_is_relayed_with_giaddr)
{
    const auto renewal = [](std::uint32_t ciaddr) {
        return message(request, [ciaddr](Dhcp4& m) { m.ciaddr = ciaddr; });
    };
    Lab lab;
    auto expected = renewal(0xc0a80164);
    expected.options = expected.options + own_option82("eth1");
    expected.hops = 1;
    expected.giaddr = eth1_address;
    check(lab.request(2, renewal(0xc0a80164), eth1_address), "forward", expected, "on link (RFC 2131 4.3.2)");
    check(lab.request(2, renewal(0xc0a80164), eth2_address), "forward", expected, "to another port's address");

    auto beyond = renewal(0x0a320064);
    beyond.options = beyond.options + own_option82("eth2", tlv(5, address(0x0a320064)));
    beyond.hops = 1;
    beyond.giaddr = eth2_address;
    check(lab.request(3, renewal(0x0a320064), eth2_address), "forward", beyond,
          "behind a relay: link-selection (RFC 3527)");
    check(lab.request(3, renewal(0x0b000064), eth2_address), "off-link", renewal(0x0b000064), "no subnet of this VRF");
    check(lab.request(2, renewal(0x0a320064), eth1_address), "off-link", renewal(0x0a320064), "not trusted");
    lab.eth1.relay.relay_flags = true;
    lab.domain.put_port(lab.eth1);
    expected = renewal(0xc0a80164);
    expected.options = expected.options + own_option82("eth1", tlv(10, {0x80}));
    expected.hops = 1;
    expected.giaddr = eth1_address;
    check(lab.request(2, renewal(0xc0a80164), eth1_address), "forward", expected, "relay-flags, unicast (RFC 5010)");
}

BOOST_AUTO_TEST_CASE(an_own_address_in_option_54_becomes_keas)
{
    Lab lab;
    for (const std::uint8_t type : {std::uint8_t{3}, std::uint8_t{4}, std::uint8_t{7}}) { // REQUEST, DECLINE, RELEASE
        for (const auto ours : {eth1_address, eth1_secondary, eth2_address, other_address}) {
            auto expected = message(type).with(type, tlv(54, address(kea_address)));
            expected.options = expected.options + own_option82("eth1");
            expected.hops = 1;
            expected.giaddr = eth1_address;
            check(lab.request(2, message(type).with(type, tlv(54, address(ours)))), "forward", expected, "own address");
        }
    }
    auto relayed = message(3).with(3, tlv(54, address(eth2_address)));
    relayed.giaddr = downstream_relay;
    auto expected = message(3).with(3, tlv(54, address(kea_address)));
    expected.giaddr = downstream_relay;
    expected.hops = 1;
    check(lab.request(3, relayed, eth2_address), "forward", expected, "by a downstream relay");
}

BOOST_AUTO_TEST_CASE(without_a_serving_kea_everything_is_dropped_last)
{
    Lab lab;
    lab.domain.set_serving(false);
    check(lab.request(2, message(discover)), "no-server", message(discover), "nothing is changed");
    const auto spoofed = message(discover, [](Dhcp4& m) { m.giaddr = eth1_address; });
    check(lab.request(2, spoofed), "spoofed-giaddr", spoofed, "the earlier reason counts");
    BOOST_TEST(lab.domain.port(InterfaceIndex(2))->exchanges.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_rate_is_kept_per_port)
{
    Lab lab;
    lab.eth1.relay.rate = 10;
    lab.eth1.relay.burst = 3;
    lab.domain.put_port(lab.eth1);
    const auto decisions = [&](int count) {
        std::string all;
        for (int number = 0; number < count; ++number) {
            all += lab.request(2, message(discover)).decision + " ";
        }
        return all;
    };
    BOOST_TEST(decisions(5) == "forward forward forward rate rate ");
    BOOST_TEST(lab.request(3, message(discover)).decision == "forward");
    lab.now += std::chrono::milliseconds(200);
    BOOST_TEST(decisions(3) == "forward forward rate ");
    const auto spoofed = message(discover, [](Dhcp4& m) { m.giaddr = eth1_address; });
    check(lab.request(2, spoofed), "rate", spoofed, "before giaddr is looked at");
    const auto looped = message(discover, [](Dhcp4& m) { m.hops = 16; });
    check(lab.request(2, looped), "hops", looped, "before the rate");
    lab.now += std::chrono::milliseconds(100);
    check(lab.request(2, looped), "hops", looped, "takes nothing from it");
    BOOST_TEST(decisions(2) == "forward rate ");
    lab.eth1.mtu = 9000; // what else changes leaves the bucket as it is
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(decisions(1) == "rate ");
    lab.eth1.relay.rate = 0;
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(decisions(2) == "forward forward ");
}

BOOST_AUTO_TEST_CASE(max_hops_is_obeyed)
{
    Lab lab;
    lab.eth1.relay.max_hops = 1000;
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.request(2, message(discover, [](Dhcp4& m) { m.hops = 254; })).decision == "forward");
    BOOST_TEST(lab.request(2, message(discover, [](Dhcp4& m) { m.hops = 255; })).decision == "hops");
    lab.eth1.relay.max_hops = 1;
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.request(2, message(discover)).decision == "forward");
    BOOST_TEST(lab.request(2, message(discover, [](Dhcp4& m) { m.hops = 1; })).decision == "hops");
}

BOOST_AUTO_TEST_CASE(what_the_queue_has_no_room_for_leaves_no_trace)
{
    Lab lab;
    lab.held = true;
    auto relayed = message(discover);
    BOOST_TEST(lab.request(2, relayed).decision == "queue-full");
    relayed.giaddr = downstream_relay;
    BOOST_TEST(lab.request(3, relayed).decision == "queue-full");
    for (const int port : {2, 3}) {
        BOOST_TEST(lab.domain.port(InterfaceIndex(port))->exchanges.size() == 0U);
    }
    BOOST_TEST(lab.domain.downstream(Ipv4Address(downstream_relay)) == nullptr);
    BOOST_TEST(lab.domain.admission().in_flight() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
