// Server to client, by way of a downstream relay. Each case with its source.
#include "answer_lab.hpp"

namespace {

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way
using namespace keavrf::test::answer_lab;
using config::Option82Policy;

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_answer)

BOOST_AUTO_TEST_CASE(an_inform_from_behind_a_trusted_relay_is_answered_through_the_vrf)
{
    Lab lab;
    auto query = from_client(inform);
    query.ciaddr = 0x0a320064;
    query.giaddr = downstream_relay;
    BOOST_TEST(lab.request(3, query, eth2_address).decision == "forward");
    auto sent = answer(ack, 0, {});
    sent.yiaddr = 0;
    sent.ciaddr = 0x0a320064;
    check(lab.answer(sent), "unicast by 3 from 10.2.0.1 to 10.50.0.100 routed", seen(sent, ack, eth2_address),
          "RFC 2131 4.3.5");
}

BOOST_AUTO_TEST_CASE(a_renewal_from_behind_a_relay_is_answered_through_the_vrf)
{
    Lab lab;
    auto renewal = from_client(request);
    renewal.ciaddr = 0x0a320064;
    BOOST_TEST(lab.request(3, renewal, eth2_address).decision == "forward");
    auto sent = answer(ack, eth2_address, own_option82("eth2", tlv(5, address(0x0a320064))));
    sent.ciaddr = 0x0a320064;
    check(lab.answer(sent), "unicast by 3 from 10.2.0.1 to 10.50.0.100 routed", seen(sent, ack, eth2_address),
          "RFC 3527");
}

BOOST_AUTO_TEST_CASE(a_renewal_from_behind_a_relay_with_option_82_gets_back_what_it_sent)
{
    const auto theirs = tlv(1, text("sw"));
    const auto link = tlv(5, address(0x0a320064));
    struct Case {
        const char* what;
        Bytes client;
        Bytes echoed;
    };
    for (const auto policy : {Option82Policy::keep, Option82Policy::append}) {
        for (const auto& [what, client, echoed] :
             std::vector<Case>{{"the link was added", theirs, theirs + tlv(2, text("red")) + link},
                               {"it was theirs", link + theirs, theirs + tlv(2, text("red")) + link}}) {
            Lab lab;
            lab.eth2.relay.option82 = policy;
            lab.domain.put_port(lab.eth2);
            auto renewal = from_client(request, tlv(82, client));
            renewal.ciaddr = 0x0a320064;
            BOOST_TEST(lab.request(3, renewal, eth2_address).decision == "forward");
            const auto keep = policy == Option82Policy::keep;
            auto sent = answer(ack, eth2_address, tlv(82, keep ? theirs + link : echoed));
            sent.ciaddr = 0x0a320064;
            const auto left = client == theirs ? theirs : theirs + link;
            check(lab.answer(sent), "unicast by 3 from 10.2.0.1 to 10.50.0.100 routed",
                  seen(sent, ack, eth2_address, tlv(82, left)), what);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_for_a_downstream_relay_keeps_option_82)
{
    const auto theirs = tlv(82, tlv(1, {9}));
    Lab lab;
    auto relayed = from_client(discover, theirs);
    relayed.giaddr = downstream_relay;
    lab.request(3, relayed, other_address);
    auto sent = answer(offer, downstream_relay, theirs);
    check(lab.answer(sent), "relay by 3 from 172.16.0.1 to 10.50.0.1", seen(sent, offer, other_address, theirs),
          "by the address it sent to");
    sent.xid = 7; // no exchange: what is known of the relay counts
    check(lab.answer(sent), "relay by 3 from 172.16.0.1 to 10.50.0.1", seen(sent, offer, other_address, theirs),
          "by what was heard");

    const auto overriding = tlv(82, tlv(1, {9}) + tlv(11, address(downstream_relay)));
    sent = answer(offer, downstream_relay, overriding);
    check(lab.answer(sent), "relay by 3 from 172.16.0.1 to 10.50.0.1", seen(sent, offer, downstream_relay, overriding),
          "its override (RFC 5107)");

    auto refused = answer(nak, downstream_relay, theirs);
    auto expected = seen(refused, nak, other_address, theirs);
    expected.flags = 0x8000;
    check(lab.answer(refused), "relay by 3 from 172.16.0.1 to 10.50.0.1", expected,
          "a NAK is to be broadcast (RFC 2131 4.3.2)");

    lab.eth2.relay.trusted = false;
    lab.domain.put_port(lab.eth2);
    BOOST_TEST(lab.answer(answer(offer, downstream_relay, theirs)).decision == "unknown-giaddr");
}

// eth1 (2) is trusted too; the relay asks by both.
BOOST_AUTO_TEST_CASE(a_relay_heard_on_two_ports_is_answered_as_it_asked_on_each)
{
    Lab lab;
    lab.eth1.relay.trusted = true;
    lab.domain.put_port(lab.eth1);
    const auto asked = [&](std::uint32_t xid, int port, std::uint32_t known_as, std::uint16_t source_port) {
        auto relayed = from_client(discover, tlv(82, tlv(1, {9}) + tlv(19, {})));
        relayed.giaddr = downstream_relay;
        relayed.xid = xid;
        lab.source_port = source_port;
        BOOST_TEST(lab.request(port, relayed, known_as).decision == "forward");
        lab.now += std::chrono::milliseconds(1);
    };
    const auto answered = [&](std::uint32_t xid) {
        auto sent = answer(offer, downstream_relay, tlv(82, tlv(1, {9}) + tlv(19, {})));
        sent.xid = xid;
        return lab.answer(sent).decision;
    };
    asked(1, 2, eth1_address, 1001);
    asked(2, 3, eth2_address, 1002);
    asked(3, 2, eth1_address, 1003);
    asked(4, 3, eth2_address, 1004);
    BOOST_TEST(answered(1) == "relay by 2 from 192.168.1.10 to 10.50.0.1:1001");
    BOOST_TEST(answered(2) == "relay by 3 from 10.2.0.1 to 10.50.0.1:1002");
    BOOST_TEST(answered(3) == "relay by 2 from 192.168.1.10 to 10.50.0.1:1003");
    BOOST_TEST(answered(3) == "relay by 2 from 192.168.1.10 to 10.50.0.1:1003", "what Kea says twice");
    BOOST_TEST(answered(4) == "relay by 3 from 10.2.0.1 to 10.50.0.1:1004");
    BOOST_TEST(answered(5) == "relay by 3 from 10.2.0.1 to 10.50.0.1", "nobody knows: where it was heard last");

    asked(6, 3, eth2_address, 1006); // one message by both ways
    asked(6, 2, eth1_address, 1007);
    BOOST_TEST(answered(6) == "relay by 3 from 10.2.0.1 to 10.50.0.1:1006", "the one that waits for longest");
    BOOST_TEST(answered(6) == "relay by 2 from 192.168.1.10 to 10.50.0.1:1007");

    asked(8, 3, eth2_address, 1008);
    lab.eth1.relay.trusted = false;
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(answered(3) == "relay by 3 from 10.2.0.1 to 10.50.0.1", "never by a port that is not trusted");
    lab.domain.erase_port(InterfaceIndex(2));
    BOOST_TEST(answered(8) == "relay by 3 from 10.2.0.1 to 10.50.0.1:1008");
}

// RFC 4388 6.4: xid and giaddr are those of the query; chaddr is that of the lease, where the query may have none. RFC
// 8357 5.2: where the query came from, if it says so.
BOOST_AUTO_TEST_CASE(an_answer_about_leases_goes_to_the_udp_port_that_asked)
{
    struct Case {
        const char* what;
        Bytes option82;
        Bytes asked_for; // chaddr
        std::string decision;
    };
    const auto by_port = tlv(82, tlv(1, {9}) + tlv(19, {}));
    for (const auto& [what, option82, asked_for, decision] :
         {Case{"by address", by_port, {}, "relay by 3 from 10.2.0.1 to 10.50.0.1:1067"},
          Case{"by chaddr", by_port, {2, 0, 0, 0, 0, 9}, "relay by 3 from 10.2.0.1 to 10.50.0.1:1067"},
          Case{"without sub-option 19", tlv(82, tlv(1, {9})), {}, "relay by 3 from 10.2.0.1 to 10.50.0.1"},
          Case{"without option 82", {}, {}, "relay by 3 from 10.2.0.1 to 10.50.0.1"}}) {
        for (const std::uint8_t type : std::initializer_list<std::uint8_t>{11, 12, 13}) {
            Lab lab;
            auto query = from_client(10, option82);
            query.giaddr = downstream_relay;
            query.chaddr = asked_for;
            query.hlen = static_cast<std::uint8_t>(asked_for.size());
            lab.source_port = 1067;
            BOOST_TEST(lab.request(3, query, eth2_address).decision == "forward");
            const auto sent = answer(type, downstream_relay, option82);
            BOOST_TEST(lab.answer(sent).decision == decision, what << ", type " << int{type});
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
