// Answers to downstream relays and to clients behind them, where it is not plain how they are reached or know us.
#include "request_lab.hpp"

namespace {

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way

constexpr std::uint8_t offer = 2;
constexpr std::uint8_t nak = 6;

// As Kea answers.
Dhcp4 answer(std::uint8_t type, std::uint32_t giaddr, const Bytes& option82 = {})
{
    Dhcp4 builder;
    builder.op = 2;
    builder.hops = 1;
    builder.giaddr = giaddr;
    builder.padded = 0;
    return builder.with(type, tlv(54, address(kea_address)) + option82);
}

// What shall be seen of it.
Dhcp4 seen(Dhcp4 sent, std::uint8_t type, std::uint32_t server)
{
    sent.padded = 300;
    return sent.with(type, tlv(54, address(server)));
}

Dhcp4 from_client(std::uint8_t type, const Bytes& more = {})
{
    return Dhcp4().with(type, more);
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_answer_beyond)

// RFC 2131 4.3.1: a server identifier is an address of the server's. eth3 has none, eth1 is the first port that has.
BOOST_AUTO_TEST_CASE(a_port_without_an_address_is_known_by_one_of_the_vrf)
{
    Lab lab;
    lab.eth3.relay.trusted = true;
    lab.domain.put_port(lab.eth3);
    auto relayed = from_client(discover);
    relayed.giaddr = downstream_relay;
    BOOST_TEST(lab.request(4, relayed).decision == "forward");
    const auto sent = answer(offer, downstream_relay);
    check(lab.answer(sent), "relay by 4 from 192.168.1.10 to 10.50.0.1", seen(sent, offer, eth1_address), "DISCOVER");

    auto selecting = from_client(request, tlv(54, address(eth1_address)));
    selecting.giaddr = downstream_relay;
    const auto forwarded = lab.request(4, selecting);
    selecting.with(request, tlv(54, address(kea_address)));
    selecting.hops = 1;
    selecting.padded = 300;
    check(forwarded, "forward", selecting, "and back");

    lab.domain.erase_port(InterfaceIndex(2));
    lab.domain.erase_port(InterfaceIndex(3));
    BOOST_TEST(lab.request(4, relayed).decision == "forward");
    check(lab.answer(sent), "relay by 4 from 0.0.0.0 to 10.50.0.1", seen(sent, offer, kea_address),
          "no port has one: better Kea's than none");
    lab.domain.put_port(lab.eth2);
    BOOST_TEST(lab.request(4, relayed).decision == "forward");
    check(lab.answer(sent), "relay by 4 from 10.2.0.1 to 10.50.0.1", seen(sent, offer, eth2_address), "now one has");
}

BOOST_AUTO_TEST_CASE(a_nak_to_a_renewal_from_behind_a_relay_goes_to_the_client_through_the_vrf)
{
    Lab lab;
    auto renewal = from_client(request);
    renewal.ciaddr = 0x0a320064;
    BOOST_TEST(lab.request(3, renewal, eth2_address).decision == "forward");
    // Its ciaddr is zero (RFC 2131 table 3).
    auto sent = answer(nak, eth2_address, own_option82("eth2", tlv(5, address(0x0a320064))));
    check(lab.answer(sent), "unicast by 3 from 10.2.0.1 to 10.50.0.100 routed", seen(sent, nak, eth2_address),
          "where the client is");
    sent.xid = 7;
    check(lab.answer(sent), "broadcast by 3 from 10.2.0.1", seen(sent, nak, eth2_address), "no exchange");

    renewal.ciaddr = 0x0a020064;
    renewal.xid = 8;
    BOOST_TEST(lab.request(3, renewal, eth2_address).decision == "forward");
    sent.xid = 8;
    check(lab.answer(sent), "broadcast by 3 from 10.2.0.1", seen(sent, nak, eth2_address), "a client on the link");
}

BOOST_AUTO_TEST_SUITE_END()
