// Server to client: what becomes of option 82 and 54 wherever they stand, and answers to clients that have an address.
// Each case with its source.
#include "lab.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way

constexpr std::uint8_t discover = 1;
constexpr std::uint8_t offer = 2;
constexpr std::uint8_t request = 3;
constexpr std::uint8_t ack = 5;
constexpr std::uint8_t inform = 8;
constexpr std::uint32_t leased = 0xc0a80164;

Dhcp4 answer(std::uint8_t type, const Bytes& options)
{
    Dhcp4 builder;
    builder.op = 2;
    builder.giaddr = eth1_address;
    builder.yiaddr = leased;
    builder.with(type, options);
    return builder;
}

void check(const Lab::Outcome& outcome, const Dhcp4& expected, const std::string& what)
{
    BOOST_TEST_CONTEXT(what)
    {
        BOOST_TEST(outcome.decision == "frame by 2 from 192.168.1.10 to 192.168.1.100 at 02:00:00:00:00:01");
        BOOST_TEST(outcome.bytes == expected.bytes(), boost::test_tools::per_element());
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_answer_options)

BOOST_AUTO_TEST_CASE(a_client_never_sees_the_option_82_of_this_relay)
{
    const auto identifiers = tlv(1, text("eth1")) + tlv(2, text("red"));
    struct Case {
        const char* what;
        Bytes echoed;
    };
    for (const auto& [what, echoed] : std::vector<Case>{
             {"as it was (RFC 3046 2.1)", tlv(82, identifiers)},
             {"in two pieces (RFC 3396)", tlv(82, tlv(1, text("eth1"))) + tlv(82, tlv(2, text("red")))},
             {"cut in the middle of a sub-option", tlv(82, {1, 4, 'e'}) + tlv(82, {'t', 'h', '1'})},
             {"with the VSS, not understood (RFC 6607)", tlv(82, identifiers + tlv(151, {0, 'r'}) + tlv(152, {}))},
             {"with the VSS, understood: without 152", tlv(82, identifiers + tlv(151, {0, 'r'}))},
             {"changed by the server", tlv(82, tlv(1, text("another")))},
             {"empty", tlv(82, {})},
             {"malformed", tlv(82, {1, 200})},
             {"not echoed", {}},
         }) {
        Lab lab;
        const auto rest = tlv(54, address(kea_address)) + tlv(51, {0, 0, 1, 0});
        const auto seen = tlv(54, address(eth1_address)) + tlv(51, {0, 0, 1, 0});
        check(lab.answer(answer(offer, rest + echoed)), answer(offer, seen), what);
        check(lab.answer(answer(offer, echoed + rest)), answer(offer, seen), std::string(what) + ", not last");
    }
}

BOOST_AUTO_TEST_CASE(option_82_and_54_are_found_through_overload)
{
    Lab lab;
    auto sent = answer(offer, tlv(52, {3}));
    auto expected = sent;
    sent.file = tlv(54, address(kea_address)) + tlv(67, text("boot"));
    expected.file = tlv(54, address(eth1_address)) + tlv(67, text("boot"));
    sent.sname = tlv(82, {1, 1, 65}) + tlv(66, text("tftp"));
    expected.sname = tlv(66, text("tftp"));
    check(lab.answer(sent), expected, "RFC 2132 9.3");
}

BOOST_AUTO_TEST_CASE(only_an_override_of_four_bytes_counts)
{
    struct Case {
        const char* what;
        Bytes suboption;
        std::uint32_t expected;
    };
    for (const auto& [what, suboption, expected] : std::vector<Case>{
             {"RFC 5107 4", tlv(11, address(eth1_secondary)), eth1_secondary},
             {"five bytes", tlv(11, {1, 2, 3, 4, 5}), eth1_address},
             {"none", tlv(11, {}), eth1_address},
             {"behind a broken one", Bytes{1, 99}, eth1_address},
         }) {
        Lab lab;
        const auto sent = answer(ack, tlv(54, address(kea_address)) + tlv(82, tlv(1, text("eth1")) + suboption));
        check(lab.answer(sent), answer(ack, tlv(54, address(expected))), what);
    }
}

BOOST_AUTO_TEST_CASE(unknown_options_and_what_stands_behind_End_reach_the_client)
{
    Lab lab;
    auto sent = answer(offer, tlv(224, Bytes(20, 9)) + tlv(82, tlv(1, text("eth1"))));
    auto expected = answer(offer, tlv(224, Bytes(20, 9)));
    sent.trailing = expected.trailing = Bytes(200, 5);
    sent.padded = 700;
    expected.padded = 700 - 8;
    check(lab.answer(sent), expected, "longer than 300 bytes");
}

BOOST_AUTO_TEST_CASE(invented_ciaddrs_cost_few_entries_of_the_neighbour_table)
{
    Lab lab;
    std::map<std::string, int> decisions;
    const auto flood = [&](int count) {
        decisions.clear();
        for (int number = 0; number < count; ++number) {
            auto sent = answer(ack, {});
            sent.flags = 0x8000; // or it would be a frame
            sent.ciaddr = 0xc0a80100 + static_cast<std::uint32_t>(number % 250) + 1;
            const auto decision = lab.answer(sent).decision;
            ++decisions[decision.substr(0, decision.find(' '))];
        }
    };
    flood(1000);
    BOOST_TEST(decisions["unicast"] == 64);
    BOOST_TEST(decisions["frame"] == 936);
    lab.now += std::chrono::seconds(1);
    flood(100);
    BOOST_TEST(decisions["unicast"] == 32);
    lab.eth1.mac = *LinkAddress::parse("01:02:03:04"); // what cannot be a frame is broadcast then
    lab.domain.put_port(lab.eth1);
    flood(10);
    BOOST_TEST(decisions["broadcast"] == 10);
}

// However many interfaces, of however many VRFs, take part.
BOOST_AUTO_TEST_CASE(the_relays_of_a_host_share_its_neighbour_table)
{
    auto of_host = keavrf::relay::resolutions_of_host();
    int resolved = 0;
    for (int vrf = 0; vrf < 20; ++vrf) {
        Lab lab;
        lab.domain.erase_port(lab.eth1.index);
        lab.domain.limit_resolutions(&of_host);
        lab.domain.put_port(lab.eth1);
        for (int number = 1; number <= 250; ++number) {
            auto sent = answer(ack, {});
            sent.flags = 0x8000;
            sent.ciaddr = 0xc0a80100 + static_cast<std::uint32_t>(number);
            const auto decision = lab.answer(sent).decision;
            BOOST_TEST(!decision.empty());
            resolved += decision.starts_with("unicast") ? 1 : 0;
        }
    }
    BOOST_TEST(resolved == 192);
}

BOOST_AUTO_TEST_CASE(a_trusted_interfaces_own_clients_are_answered_on_the_link)
{
    Lab lab;
    auto query = Dhcp4().with(inform);
    query.ciaddr = 0x0b000064; // of no subnet; heard as a broadcast, so it is on this link
    BOOST_TEST(lab.request(3, query).decision == "forward");
    auto sent = answer(ack, {});
    sent.giaddr = 0;
    sent.yiaddr = 0;
    sent.ciaddr = query.ciaddr;
    BOOST_TEST(lab.answer(sent).decision == "frame by 3 from 10.2.0.1 to 11.0.0.100 at 02:00:00:00:00:01");
}

BOOST_AUTO_TEST_CASE(a_client_on_an_unnumbered_interface_is_answered_there)
{
    Lab lab;
    auto unnumbered = port_config(7, "eth7");
    unnumbered.giaddr = Ipv4Address(eth1_address);
    lab.domain.put_port(unnumbered);
    auto renewal = Dhcp4().with(request);
    renewal.ciaddr = leased;
    BOOST_TEST(lab.request(7, renewal, eth1_address).decision == "forward");
    auto sent = answer(ack, own_option82("eth7"));
    sent.ciaddr = leased;
    BOOST_TEST(lab.answer(sent).decision == "frame by 7 from 192.168.1.10 to 192.168.1.100 at 02:00:00:00:00:01");
}

BOOST_AUTO_TEST_CASE(a_flood_at_one_port_leaves_what_another_waits_for)
{
    Lab lab;
    auto query = Dhcp4().with(8); // INFORM: its answer finds its port by the exchange alone
    query.ciaddr = 0x0a020032;
    BOOST_TEST(lab.request(3, query).decision == "forward");
    auto flood = Dhcp4().with(1);
    for (std::uint32_t number = 0; number < 2 * relay::ExchangeTable::default_limit; ++number) {
        flood.xid = 0x10000 + number;
        BOOST_REQUIRE(lab.request(2, flood).decision == "forward");
    }
    BOOST_TEST(lab.domain.port(InterfaceIndex(2))->exchanges.size() <= relay::ExchangeTable::default_limit);
    auto sent = Dhcp4().with(5, tlv(54, address(kea_address)));
    sent.op = 2;
    sent.ciaddr = 0x0a020032;
    BOOST_TEST(lab.answer(sent).decision == "frame by 3 from 10.2.0.1 to 10.2.0.50 at 02:00:00:00:00:01");
}

BOOST_AUTO_TEST_CASE(a_downstream_relay_is_answered_where_it_asked)
{
    Lab lab;
    lab.source_port = 1067;
    auto relayed = Dhcp4().with(discover, tlv(82, tlv(1, {1}) + tlv(19, {})));
    relayed.giaddr = downstream_relay;
    BOOST_TEST(lab.request(3, relayed, eth2_address).decision == "forward");
    auto sent = answer(offer, tlv(82, tlv(1, {1}) + tlv(19, {})));
    sent.giaddr = downstream_relay;
    BOOST_TEST(lab.answer(sent).decision == "relay by 3 from 10.2.0.1 to 10.50.0.1:1067");
    // Another process of the same relay, before the first has its answer.
    auto other = relayed;
    other.xid = 7;
    lab.source_port = 1068;
    BOOST_TEST(lab.request(3, other, eth2_address).decision == "forward");
    BOOST_TEST(lab.answer(sent).decision == "relay by 3 from 10.2.0.1 to 10.50.0.1:1067");
    auto sent_to_other = sent;
    sent_to_other.xid = 7;
    BOOST_TEST(lab.answer(sent_to_other).decision == "relay by 3 from 10.2.0.1 to 10.50.0.1:1068");
    sent_to_other.xid = 8; // of no exchange that is known
    BOOST_TEST(lab.answer(sent_to_other).decision == "relay by 3 from 10.2.0.1 to 10.50.0.1");
    lab.source_port = 67;
    relayed.with(discover);
    BOOST_TEST(lab.request(3, relayed, eth2_address).decision == "forward");
    BOOST_TEST(lab.answer(sent).decision == "relay by 3 from 10.2.0.1 to 10.50.0.1");
}

// Their clients may well have the same hardware address, and the same number by chance or by design; what was sent to
// one exchange must not change what is known of another.
BOOST_AUTO_TEST_CASE(relays_whose_clients_look_alike_have_exchanges_of_their_own)
{
    constexpr std::uint32_t other_relay = 0x0a320101;
    Lab lab;
    auto first = Dhcp4().with(discover, tlv(82, tlv(5, address(downstream_relay)) + tlv(19, {})));
    first.giaddr = downstream_relay;
    lab.source_port = 1067;
    BOOST_TEST(lab.request(3, first, other_address).decision == "forward");
    lab.now += std::chrono::milliseconds(5);
    auto second = Dhcp4().with(discover, tlv(82, tlv(5, address(other_relay))));
    second.giaddr = other_relay;
    BOOST_TEST(lab.request(3, second, eth2_address).decision == "forward");
    auto direct = Dhcp4().with(discover);
    BOOST_TEST(lab.request(3, direct).decision == "forward");

    lab.now += std::chrono::milliseconds(1);
    auto sent = Dhcp4().with(offer, tlv(54, address(kea_address)));
    sent.op = 2;
    sent.yiaddr = 0x0a020064;
    sent.giaddr = downstream_relay;
    BOOST_TEST(lab.answer(sent).decision == "relay by 3 from 172.16.0.1 to 10.50.0.1:1067");
    BOOST_TEST((lab.last.answer_time == std::chrono::milliseconds(6)));
    sent.giaddr = other_relay;
    BOOST_TEST(lab.answer(sent).decision == "relay by 3 from 10.2.0.1 to 10.50.1.1");
    BOOST_TEST((lab.last.answer_time == std::chrono::milliseconds(1)));
    sent.giaddr = eth2_address;
    BOOST_TEST(lab.answer(sent).decision == "frame by 3 from 10.2.0.1 to 10.2.0.100 at 02:00:00:00:00:01");
    BOOST_TEST((lab.last.answer_time == std::chrono::milliseconds(1)));
}

BOOST_AUTO_TEST_CASE(informs_of_clients_that_look_alike_are_answered_each)
{
    Lab lab;
    auto query = Dhcp4().with(inform);
    auto sent = Dhcp4().with(ack, tlv(54, address(kea_address)));
    sent.op = 2;
    for (const std::uint32_t client : {0x0a320064U, 0x0a320164U}) {
        query.ciaddr = client;
        query.giaddr = (client & 0xffffff00U) | 1U;
        BOOST_TEST(lab.request(3, query, eth2_address).decision == "forward");
    }
    sent.ciaddr = 0x0a320064;
    BOOST_TEST(lab.answer(sent).decision == "unicast by 3 from 10.2.0.1 to 10.50.0.100 routed");
    sent.ciaddr = 0x0a320164;
    BOOST_TEST(lab.answer(sent).decision == "unicast by 3 from 10.2.0.1 to 10.50.1.100 routed");
}

BOOST_AUTO_TEST_CASE(a_relay_heard_on_another_member_is_answered_by_that_one)
{
    Lab lab;
    lab.eth1.relay.trusted = true;
    lab.domain.put_port(lab.eth1);
    auto relayed = Dhcp4().with(discover);
    relayed.giaddr = downstream_relay;
    BOOST_TEST(lab.request(3, relayed, eth2_address).decision == "forward");
    BOOST_TEST(lab.request(2, relayed, eth2_address).decision == "forward"); // another path meanwhile
    auto sent = answer(offer, {});
    sent.giaddr = downstream_relay;
    BOOST_TEST(lab.answer(sent).decision == "relay by 2 from 10.2.0.1 to 10.50.0.1");
}

BOOST_AUTO_TEST_SUITE_END()
