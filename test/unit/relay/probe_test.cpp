#include "relay/probe.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace {

using namespace keavrf;

const Ipv4Address own = Ipv4Address::parse("169.254.1.1").value();

// As Kea answers: the same, but operation, message type, and no giaddr.
std::vector<std::uint8_t> answer_to(const relay::Probe::Bytes& probe)
{
    std::vector<std::uint8_t> bytes(probe.begin(), probe.end());
    bytes[0] = 2;
    bytes[242] = 5;
    std::fill_n(bytes.begin() + 24, 4, std::uint8_t{0});
    return bytes;
}

bool recognised(const relay::Probe& probe, std::vector<std::uint8_t> bytes)
{
    const auto message = dhcp::Message4::parse(bytes, bytes.size());
    return message && probe.answered_by(*message);
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay_probe)

BOOST_AUTO_TEST_CASE(is_a_relayed_inform_from_the_relays_own_address)
{
    relay::Probe probe(own);
    auto bytes = probe.next();
    const auto message = dhcp::Message4::parse(bytes, bytes.size());
    BOOST_REQUIRE(message.has_value());
    BOOST_TEST((message->type() == dhcp::MessageType::inform));
    BOOST_TEST(message->operation() == 1);
    BOOST_TEST(message->hops() == 1);
    BOOST_TEST((message->ciaddr() == own));
    BOOST_TEST((message->giaddr() == own));
    BOOST_TEST(message->size() == dhcp::minimum_size);
}

BOOST_AUTO_TEST_CASE(knows_the_answer_to_the_last_one_and_no_other)
{
    relay::Probe probe(own);
    const auto first = answer_to(probe.next());
    BOOST_TEST(recognised(probe, first));
    const auto second = answer_to(probe.next());
    BOOST_TEST(!recognised(probe, first));
    BOOST_TEST(recognised(probe, second));
    for (const std::size_t at : {0U, 7U, 15U, 33U}) { // op, xid, ciaddr, chaddr
        auto other = second;
        other[at] ^= 1U;
        BOOST_TEST(!recognised(probe, other), at);
    }
    auto shorter = second;
    shorter[2] = 5;
    BOOST_TEST(!recognised(probe, shorter));
}

BOOST_AUTO_TEST_SUITE_END()
