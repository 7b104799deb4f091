// Server to client: a case for every line of DESIGN section 5, in its order, each with its source.
#include "answer_lab.hpp"

namespace {

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way
using namespace keavrf::test::answer_lab;
using config::Option82Policy;

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_answer)

BOOST_AUTO_TEST_CASE(drops_what_answers_nobody)
{
    Lab lab;
    struct Case {
        const char* what;
        std::uint32_t giaddr;
        const char* reason;
    };
    for (const auto& [what, giaddr, reason] : std::vector<Case>{
             {"a giaddr nobody has", 0x0b000001, "unknown-giaddr"},
             {"an own address, but no port's", other_address, "unknown-giaddr"},
             {"a downstream relay that was never heard", downstream_relay, "unknown-giaddr"},
             {"no giaddr and no exchange", 0, "unknown-giaddr"},
         }) {
        const auto sent = answer(offer, giaddr);
        check(lab.answer(sent), reason, sent, what);
    }
    auto request_by_server = answer(offer, eth1_address);
    request_by_server.op = 1;
    check(lab.answer(request_by_server), "not-reply", request_by_server, "BOOTREQUEST from the server");
}

BOOST_AUTO_TEST_CASE(an_offer_reaches_the_client_as_a_frame)
{
    Lab lab;
    lab.request(2, from_client(discover));
    lab.now += std::chrono::milliseconds(3);
    const auto sent = answer(offer, eth1_address);
    check(lab.answer(sent), to_client, seen(sent, offer, eth1_address), "RFC 2131 4.1");
    BOOST_TEST((lab.last.answer_time == std::chrono::milliseconds(3)));
    check(lab.answer(sent), to_client, seen(sent, offer, eth1_address), "answered twice");
    BOOST_TEST(!lab.last.answer_time.has_value());
}

BOOST_AUTO_TEST_CASE(giaddr_alone_places_an_answer)
{
    Lab lab;
    const auto sent = answer(offer, eth1_address);
    check(lab.answer(sent), to_client, seen(sent, offer, eth1_address), "no exchange");
    BOOST_TEST(!lab.last.answer_time.has_value());
}

BOOST_AUTO_TEST_CASE(delivery_follows_rfc_2131_4_1_in_this_order)
{
    struct Case {
        const char* what;
        std::uint8_t type;
        std::function<void(Dhcp4&)> change;
        const char* decision;
    };
    const std::vector<Case> cases{
        {"NAK", nak, [](Dhcp4&) {}, "broadcast by 2 from 192.168.1.10"},
        {"NAK before ciaddr", nak, [](Dhcp4& m) { m.ciaddr = leased; }, "broadcast by 2 from 192.168.1.10"},
        {"ciaddr: nothing has to be resolved", ack, [](Dhcp4& m) { m.ciaddr = leased; }, to_client.c_str()},
        {"ciaddr before yiaddr", ack, [](Dhcp4& m) { m.ciaddr = leased + 1; },
         "frame by 2 from 192.168.1.10 to 192.168.1.101 at 02:00:00:00:00:01"},
        {"ciaddr before broadcast", ack, [](Dhcp4& m) { m.ciaddr = leased, m.flags = 0x8000; },
         "unicast by 2 from 192.168.1.10 to 192.168.1.100"},
        {"ciaddr, not Ethernet", ack, [](Dhcp4& m) { m.ciaddr = leased, m.htype = 6; },
         "unicast by 2 from 192.168.1.10 to 192.168.1.100"},
        {"ciaddr, longer than the MTU", ack, [](Dhcp4& m) { m.ciaddr = leased, m.padded = 1600; },
         "unicast by 2 from 192.168.1.10 to 192.168.1.100"},
        {"ciaddr off link stays on the link", ack, [](Dhcp4& m) { m.ciaddr = 0x0b000001; },
         "frame by 2 from 192.168.1.10 to 11.0.0.1 at 02:00:00:00:00:01"},
        {"ciaddr off link, broadcast flag", ack, [](Dhcp4& m) { m.ciaddr = 0x0b000001, m.flags = 0x8000; },
         "frame by 2 from 192.168.1.10 to 11.0.0.1 at 02:00:00:00:00:01"},
        {"ciaddr off link, not Ethernet", ack, [](Dhcp4& m) { m.ciaddr = 0x0b000001, m.htype = 6; },
         "broadcast by 2 from 192.168.1.10"},
        {"broadcast flag", offer, [](Dhcp4& m) { m.flags = 0x8000; }, "broadcast by 2 from 192.168.1.10"},
        {"only the flag's own bit", offer, [](Dhcp4& m) { m.flags = 0x7fff; }, to_client.c_str()},
        {"no yiaddr", offer, [](Dhcp4& m) { m.yiaddr = 0; }, "broadcast by 2 from 192.168.1.10"},
        {"not Ethernet", offer, [](Dhcp4& m) { m.htype = 32; }, "broadcast by 2 from 192.168.1.10"},
        {"hlen 16", offer, [](Dhcp4& m) { m.hlen = 16; }, "broadcast by 2 from 192.168.1.10"},
        {"hlen 0", offer, [](Dhcp4& m) { m.hlen = 0; }, "broadcast by 2 from 192.168.1.10"},
        {"a group address as chaddr", offer, [](Dhcp4& m) { m.chaddr = {1, 0, 0x5e, 0, 0, 1}; },
         "broadcast by 2 from 192.168.1.10"},
        {"no address as chaddr", offer, [](Dhcp4& m) { m.chaddr = {}; }, "broadcast by 2 from 192.168.1.10"},
        {"longer than the MTU", offer, [](Dhcp4& m) { m.padded = 1600; }, "broadcast by 2 from 192.168.1.10"},
    };
    for (const auto& [what, type, change, decision] : cases) {
        Lab lab;
        auto sent = answer(type, eth1_address);
        change(sent);
        const auto outcome = lab.answer(sent);
        BOOST_TEST(outcome.decision == decision, what << ": " << outcome.decision);
    }
    Lab lab;
    lab.eth1.mac = *LinkAddress::parse("01:02:03:04:05:06:07:08");
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.answer(answer(offer, eth1_address)).decision == "broadcast by 2 from 192.168.1.10");
}

BOOST_AUTO_TEST_CASE(option_54_names_the_relay_as_the_client_knows_it)
{
    Lab lab;
    auto renewal = from_client(request);
    renewal.ciaddr = leased;
    lab.request(2, renewal, eth1_secondary);
    auto sent = answer(ack, eth1_address);
    sent.ciaddr = leased;
    check(lab.answer(sent), "frame by 2 from 192.168.1.11 to 192.168.1.100 at 02:00:00:00:00:01",
          seen(sent, ack, eth1_secondary), "the address it sent to");

    lab.request(2, from_client(request, tlv(54, address(eth2_address))));
    auto selected = answer(ack, eth1_address);
    check(lab.answer(selected), to_client, seen(selected, ack, eth2_address), "the one in its option 54");

    auto foreign = answer(ack, eth1_address);
    foreign.with(ack, tlv(54, {10, 9, 9, 9}) + tlv(51, {0, 0, 14, 16}) + own_option82("eth1"));
    const auto outcome = lab.answer(foreign);
    foreign.with(ack, tlv(54, {10, 9, 9, 9}) + tlv(51, {0, 0, 14, 16}));
    foreign.padded = 300;
    BOOST_TEST(outcome.bytes == foreign.bytes(), "what is not Kea's own address was configured so");

    const auto echoed = own_option82("eth1", tlv(11, address(eth1_secondary)));
    auto overridden = answer(ack, eth1_address, echoed);
    check(lab.answer(overridden), to_client, seen(overridden, ack, eth1_secondary), "the echoed override (RFC 5107)");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_gone_is_not_used_any_more)
{
    Lab lab;
    auto renewal = from_client(request);
    renewal.ciaddr = leased;
    lab.request(2, renewal, other_address);
    lab.domain.set_own_addresses({});
    auto sent = answer(ack, eth1_address);
    sent.ciaddr = leased;
    check(lab.answer(sent), to_client, seen(sent, ack, eth1_address), "gone meanwhile");
}

BOOST_AUTO_TEST_CASE(an_inform_is_answered_by_its_exchange)
{
    Lab lab;
    auto query = from_client(inform);
    query.ciaddr = 0xc0a80132;
    lab.request(2, query);
    auto sent = answer(ack, 0, {}); // FACTS section 1: to ciaddr:68, giaddr 0, hops 0, no option 82
    sent.yiaddr = 0;
    sent.hops = 0;
    sent.ciaddr = 0xc0a80133;
    check(lab.answer(sent), "unknown-giaddr", sent, "another's ciaddr");
    sent.ciaddr = 0xc0a80132;
    auto other = sent;
    other.chaddr = {2, 0, 0, 0, 0, 9};
    check(lab.answer(other), "unknown-giaddr", other, "another client");
    check(lab.answer(sent), "frame by 2 from 192.168.1.10 to 192.168.1.50 at 02:00:00:00:00:01",
          seen(sent, ack, eth1_address), "RFC 2131 4.3.5");
    check(lab.answer(sent), "unknown-giaddr", sent, "a second answer to one request");

    lab.request(2, from_client(request));
    auto plain = answer(ack, 0, {});
    plain.ciaddr = 0;
    check(lab.answer(plain), "unknown-giaddr", plain, "no INFORM was pending");
}

BOOST_AUTO_TEST_CASE(option_82_goes_exactly_as_far_as_it_is_ours)
{
    const Bytes theirs = tlv(9, {9}) + tlv(12, {8});
    const Bytes named = tlv(1, {9}) + tlv(2, {8}); // as a switch that snoops
    const auto ours = tlv(1, text("eth2")) + tlv(2, text("red"));
    struct Case {
        const char* what;
        Option82Policy policy;
        Bytes sent;   // by the client
        Bytes echoed; // by Kea
        Bytes left;
    };
    const std::vector<Case> cases{
        {"drop: ours alone", Option82Policy::drop, {}, tlv(82, ours), {}},
        {"replace: ours instead of theirs", Option82Policy::replace, tlv(82, theirs), tlv(82, ours), {}},
        {"append: theirs stays", Option82Policy::append, tlv(82, theirs), tlv(82, theirs + ours), tlv(82, theirs)},
        {"append, none there", Option82Policy::append, {}, tlv(82, ours), {}},
        {"append, sorted by Kea", Option82Policy::append, tlv(82, theirs), tlv(82, ours + theirs), tlv(82, theirs)},
        {"append, theirs has our codes", Option82Policy::append, tlv(82, named), tlv(82, named), tlv(82, named)},
        {"append, theirs has one of them", Option82Policy::append, tlv(82, tlv(1, {9})),
         tlv(82, tlv(1, {9}) + tlv(2, text("red"))), tlv(82, tlv(1, {9}))},
        {"append, theirs looks like ours", Option82Policy::append, tlv(82, ours), tlv(82, ours), tlv(82, ours)},
        {"append, ours did not come back", Option82Policy::append, tlv(82, theirs), tlv(82, theirs), tlv(82, theirs)},
        {"append, bytes behind ours", Option82Policy::append, tlv(82, theirs), tlv(82, theirs + ours + Bytes{7}),
         tlv(82, theirs + Bytes{7})},
        {"keep", Option82Policy::keep, tlv(82, theirs), tlv(82, theirs), tlv(82, theirs)},
        {"keep what looks like ours", Option82Policy::keep, tlv(82, ours), tlv(82, ours), tlv(82, ours)},
        {"keep, none there: ours goes", Option82Policy::keep, {}, tlv(82, ours), {}},
        {"not echoed", Option82Policy::append, tlv(82, theirs), {}, {}},
    };
    for (const auto& [what, policy, client, echoed, left] : cases) {
        Lab lab;
        lab.eth2.relay.option82 = policy;
        lab.domain.put_port(lab.eth2);
        BOOST_TEST(lab.request(3, from_client(discover, client)).decision == "forward", what);
        const auto sent = answer(offer, eth2_address, echoed);
        check(lab.answer(sent), "frame by 3 from 10.2.0.1 to 192.168.1.100 at 02:00:00:00:00:01",
              seen(sent, offer, eth2_address, left), what);
    }
}

BOOST_AUTO_TEST_CASE(ports_that_share_a_giaddr_are_told_apart_by_circuit_id_then_by_exchange)
{
    Lab lab;
    auto unnumbered = port_config(7, "eth7");
    unnumbered.giaddr = Ipv4Address(eth1_address); // borrowed from eth1
    lab.domain.put_port(unnumbered);
    BOOST_TEST(lab.answer(answer(offer, eth1_address)).decision == to_client);
    BOOST_TEST(lab.answer(answer(offer, eth1_address, own_option82("eth7"))).decision ==
               "frame by 7 from 192.168.1.10 to 192.168.1.100 at 02:00:00:00:00:01");
    BOOST_TEST(lab.answer(answer(offer, eth1_address, {})).decision == "no-port");
    lab.request(7, from_client(discover));
    BOOST_TEST(lab.answer(answer(offer, eth1_address, {})).decision ==
               "frame by 7 from 192.168.1.10 to 192.168.1.100 at 02:00:00:00:00:01");
    for (auto* config : {&lab.eth1, &unnumbered}) {
        config->relay.circuit_id = "same";
        lab.domain.put_port(*config);
    }
    BOOST_TEST(lab.answer(answer(offer, eth1_address, tlv(82, tlv(1, text("same"))))).decision ==
               "frame by 7 from 192.168.1.10 to 192.168.1.100 at 02:00:00:00:00:01");
    lab.domain.erase_port(InterfaceIndex(7));
    BOOST_TEST(lab.answer(answer(offer, eth1_address)).decision == to_client);
}

BOOST_AUTO_TEST_CASE(bootp_replies_are_delivered_like_offers)
{
    Lab lab;
    Dhcp4 sent = answer(offer, eth1_address);
    sent.options = own_option82("eth1");
    auto expected = sent;
    expected.options.clear();
    expected.padded = 300;
    check(lab.answer(sent), to_client, expected, "RFC 951, 1534");
}

BOOST_AUTO_TEST_SUITE_END()
