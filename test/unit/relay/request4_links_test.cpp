// Client to server, where a link has to be named: an unnumbered interface, a downstream relay. Each case with its
// source.
#include "request_lab.hpp"

namespace {

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way
using config::Option82Policy;

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_request_options)

BOOST_AUTO_TEST_CASE(what_a_downstream_relay_adds_passes_untouched)
{
    struct Case {
        const char* what;
        Bytes option;
    };
    for (const auto& [what, option] : std::vector<Case>{
             {"vendor sub-options (RFC 4243)", tlv(82, tlv(1, {1}) + vendor)},
             {"sub-options that nobody knows", tlv(82, tlv(200, Bytes(90, 3)))},
             {"in two pieces (RFC 3396)", tlv(82, Bytes(200, 1)) + tlv(82, Bytes(100, 2))},
             {"an empty one", tlv(82, {})},
             {"a malformed one", tlv(82, {1, 9, 1})},
             {"its own VSS (RFC 6607)", tlv(82, tlv(151, {0, 'x'}) + tlv(152, {}))},
             {"none", {}},
         }) {
        Lab lab;
        auto sent = Dhcp4().with(discover, option + tlv(12, text("host")));
        sent.giaddr = downstream_relay;
        sent.padded = 700;
        check(lab.request(3, sent, eth2_address), "forward", relayed(sent, downstream_relay), what);
    }
}

// DESIGN section 5, 7: Kea answers nothing else.
BOOST_AUTO_TEST_CASE(a_kept_option_82_takes_the_link_of_a_client_behind_a_relay)
{
    struct Case {
        const char* what;
        Bytes theirs;
        Bytes added;
        std::uint32_t ciaddr = 0x0a320014;
    };
    const auto link = tlv(5, address(0x0a320014));
    for (const auto& [what, theirs, added, ciaddr] : std::vector<Case>{
             {"a switch's", tlv(1, text("sw")), link},
             {"one with a link", tlv(5, {10, 9, 9, 0}) + tlv(1, {1}), {}},
             {"an empty one", {}, link},
             {"a malformed one", {1, 9, 1}, {}},
             {"on the link", tlv(1, text("sw")), {}, 0x0a020014},
         }) {
        Lab lab;
        lab.eth2.relay.option82 = Option82Policy::keep;
        lab.domain.put_port(lab.eth2);
        auto renewal = Dhcp4().with(request);
        renewal.ciaddr = ciaddr;
        auto expected = renewal;
        renewal.options = renewal.options + tlv(82, theirs);
        expected.options = expected.options + tlv(82, theirs + added);
        check(lab.request(3, renewal, eth2_address), "forward", relayed(expected, eth2_address), what);
    }
}

BOOST_AUTO_TEST_CASE(a_client_on_an_unnumbered_interface_renews_by_unicast)
{
    auto renewal = Dhcp4().with(request);
    renewal.ciaddr = 0xc0a80164;
    Lab lab;
    auto unnumbered = port_config(7, "eth7");
    unnumbered.giaddr = Ipv4Address(eth1_address); // borrowed from eth1, and so is its prefix
    lab.domain.put_port(unnumbered);
    auto expected = renewal;
    expected.options = expected.options + own_option82("eth7");
    check(lab.request(7, renewal, eth1_address), "forward", relayed(expected, eth1_address), "borrowed");
    renewal.ciaddr = 0x0b000064;
    check(lab.request(7, renewal, eth1_address), "off-link", renewal, "no link of that interface");

    unnumbered.giaddr = Ipv4Address(0x0a3200fe); // of no port, in a subnet of Kea's
    lab.domain.put_port(unnumbered);
    renewal.ciaddr = 0x0a320064;
    BOOST_TEST(lab.request(7, renewal, eth1_address).decision == "forward");
    lab.domain.set_subnets({});
    BOOST_TEST(lab.request(7, renewal, eth1_address).decision == "off-link");
}

BOOST_AUTO_TEST_CASE(a_message_from_behind_a_relay_takes_link_selection_beside_what_is_configured)
{
    Lab lab;
    lab.eth2.relay.link_selection = lab.eth2.relay.server_id_override = lab.eth2.relay.relay_flags = true;
    lab.domain.put_port(lab.eth2);
    auto renewal = Dhcp4().with(request);
    renewal.ciaddr = 0x0a320064;
    auto expected = renewal;
    expected.options = expected.options + own_option82("eth2", tlv(5, address(0x0a320064)) + tlv(10, {0x80}) +
                                                                   tlv(11, address(eth2_address)));
    check(lab.request(3, renewal, eth2_address), "forward", relayed(expected, eth2_address), "RFC 3527, 5010, 5107");
    lab.eth2.relay.circuit_id = std::string(249, 'c'); // fits, but not with link-selection
    lab.eth2.relay.remote_id.clear();
    lab.eth2.relay.link_selection = lab.eth2.relay.server_id_override = lab.eth2.relay.relay_flags = false;
    lab.domain.put_port(lab.eth2);
    check(lab.request(3, renewal, eth2_address), "forward overflow", relayed(renewal, eth2_address), "no room");
    lab.eth2.relay.circuit_id = std::string(200, 'c');
    lab.eth2.relay.remote_id = std::string(60, 'r'); // not half of it either
    lab.domain.put_port(lab.eth2);
    check(lab.request(3, renewal, eth2_address), "forward overflow", relayed(renewal, eth2_address), "never fits");
}

BOOST_AUTO_TEST_CASE(a_downstream_relay_says_where_it_wants_its_answers)
{
    struct Case {
        const char* what;
        Bytes option82;
        std::uint16_t source_port;
        std::uint16_t expected;
    };
    for (const auto& [what, option82, source_port, expected] : std::vector<Case>{
             {"it says so (RFC 8357 4)", tlv(82, tlv(1, {1}) + tlv(19, {})), 1067, 1067},
             {"it does not", tlv(82, tlv(1, {1})), 1067, 67},
             {"no option 82", {}, 1067, 67},
             {"where nobody can answer", tlv(82, tlv(19, {})), 0, 67},
         }) {
        Lab lab;
        lab.source_port = source_port;
        auto sent = Dhcp4().with(discover, option82);
        sent.giaddr = downstream_relay;
        BOOST_TEST(lab.request(3, sent, eth2_address).decision == "forward");
        auto bytes = sent.bytes();
        const relay::ExchangeKey key(*dhcp::Message4::parse(bytes, bytes.size()));
        BOOST_TEST(lab.domain.port(InterfaceIndex(3))->exchanges.find(key)->answer_port == expected, what);
    }
}

BOOST_AUTO_TEST_SUITE_END()
