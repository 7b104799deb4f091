// To which port an answer belongs where giaddr alone does not say it; the rest is in decide4_reply_test.cpp.
#include "lab.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace keavrf;
using namespace keavrf::test; // the builder's operators are found no other way

constexpr std::uint8_t discover = 1;
constexpr std::uint8_t offer = 2;
constexpr std::uint8_t ack = 5;
constexpr std::uint8_t inform = 8;

Dhcp4 answer(std::uint8_t type, std::uint32_t giaddr, const Bytes& option82 = {})
{
    Dhcp4 builder;
    builder.op = 2;
    builder.giaddr = giaddr;
    builder.yiaddr = type == offer ? 0xc0a80164 : 0;
    return builder.with(type, tlv(54, address(kea_address)) + option82);
}

// eth1 and two unnumbered ports that borrow its address.
struct Shared : Lab {
    Shared()
    {
        for (const int number : {7, 8}) {
            auto port = port_config(number, "eth" + std::to_string(number));
            port.giaddr = Ipv4Address(eth1_address);
            domain.put_port(port);
        }
    }
    void name(int number, const std::string& circuit_id, const std::string& remote_id = "${vrf}")
    {
        auto config = domain.port(InterfaceIndex(number))->config;
        config.relay.circuit_id = circuit_id;
        config.relay.remote_id = remote_id;
        domain.put_port(config);
    }
    void trust(int number, config::Option82Policy policy)
    {
        auto config = domain.port(InterfaceIndex(number))->config;
        config.relay.trusted = true;
        config.relay.option82 = policy;
        domain.put_port(config);
    }
    std::string place(const Bytes& option82)
    {
        auto [decision, bytes] = Lab::answer(::answer(offer, eth1_address, option82));
        const auto message = dhcp::Message4::parse(bytes, bytes.size());
        BOOST_REQUIRE(message);
        const auto left = message->relay_information();
        option82_of_last =
            left && message->has_relay_information() ? tlv(82, {left->bytes().begin(), left->bytes().end()}) : Bytes{};
        return decision.substr(0, decision.find(" from"));
    }

    Bytes option82_of_last; // as the client sees it
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_place)

BOOST_FIXTURE_TEST_CASE(a_circuit_id_that_several_have_leaves_those_alone, Shared)
{
    name(2, "other");
    name(7, "same");
    name(8, "same");
    const auto same = tlv(82, tlv(1, text("same")));
    BOOST_TEST(request(2, Dhcp4().with(discover)).decision == "forward");
    BOOST_TEST(place(same) == "no-port"); // eth1 has the exchange, and another circuit-id
    BOOST_TEST(request(8, Dhcp4().with(discover)).decision == "forward");
    BOOST_TEST(place(same) == "frame by 8");
    BOOST_TEST(place(tlv(82, tlv(1, text("other")))) == "frame by 2");
}

BOOST_FIXTURE_TEST_CASE(an_empty_circuit_id_names_no_port, Shared)
{
    name(8, "");
    BOOST_TEST(place(tlv(82, tlv(1, {}))) == "no-port");
    BOOST_TEST(place(tlv(82, tlv(2, text("eth7")))) == "no-port"); // that is no circuit-id
    BOOST_TEST(place(tlv(82, tlv(1, text("eth7")))) == "frame by 7");
}

// Its own option 82, which was kept, may well say what ours says on another port.
BOOST_FIXTURE_TEST_CASE(an_answer_with_option_82_of_the_clients_own_goes_where_its_exchange_is, Shared)
{
    trust(7, config::Option82Policy::keep);
    const auto theirs = tlv(82, tlv(1, text("eth1")));
    BOOST_TEST(request(7, Dhcp4().with(discover, theirs)).decision == "forward");
    BOOST_TEST(place(theirs) == "frame by 7");
    BOOST_TEST(option82_of_last == theirs, boost::test_tools::per_element());
    // It does not draw another port's answers to itself.
    BOOST_TEST(request(2, Dhcp4().with(discover)).decision == "forward");
    BOOST_TEST(place(own_option82("eth1")) == "frame by 2");
    BOOST_TEST(option82_of_last.empty());
}

BOOST_FIXTURE_TEST_CASE(an_answer_with_a_circuit_id_of_the_clients_own_goes_where_its_exchange_is, Shared)
{
    trust(7, config::Option82Policy::append);
    const auto theirs = tlv(1, text("eth1"));
    BOOST_TEST(request(7, Dhcp4().with(discover, tlv(82, theirs))).decision == "forward");
    BOOST_TEST(place(tlv(82, theirs + tlv(2, text("red")))) == "frame by 7"); // our remote-id went beside it
    BOOST_TEST(option82_of_last == tlv(82, theirs), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(ports_without_circuit_id_are_told_apart_by_remote_id, Shared)
{
    for (const int number : {2, 7, 8}) {
        name(number, "", "${interface}");
    }
    for (const int number : {2, 7, 8}) {
        BOOST_TEST(request(number, Dhcp4().with(discover)).decision == "forward");
    }
    BOOST_TEST(place(tlv(82, tlv(2, text("eth7")))) == "frame by 7");
    BOOST_TEST(place(tlv(82, tlv(2, text("eth8")))) == "frame by 8");
}

BOOST_FIXTURE_TEST_CASE(ports_with_one_circuit_id_are_told_apart_by_remote_id, Shared)
{
    for (const int number : {7, 8}) {
        name(number, "same", "${interface}");
        BOOST_TEST(request(number, Dhcp4().with(discover)).decision == "forward");
    }
    BOOST_TEST(place(tlv(82, tlv(1, text("same")) + tlv(2, text("eth7")))) == "frame by 7");
    BOOST_TEST(place(tlv(82, tlv(1, text("same")) + tlv(2, text("eth8")))) == "frame by 8");
}

BOOST_FIXTURE_TEST_CASE(an_inform_without_an_address_has_no_answer, Lab)
{
    BOOST_TEST(request(2, Dhcp4().with(inform)).decision == "forward");
    BOOST_TEST(answer(::answer(ack, 0)).decision == "unknown-giaddr");
}

BOOST_FIXTURE_TEST_CASE(a_downstream_relay_may_know_us_by_an_address_that_is_gone, Lab)
{
    Dhcp4 relayed;
    relayed.giaddr = downstream_relay;
    relayed.hops = 1;
    BOOST_TEST(request(3, relayed.with(discover), other_address).decision == "forward");
    auto sent = ::answer(offer, downstream_relay);
    sent.xid = 77; // of an exchange that is forgotten
    BOOST_TEST(answer(sent).decision == "relay by 3 from 172.16.0.1 to 10.50.0.1");
    domain.set_own_addresses({});
    BOOST_TEST(answer(sent).decision == "relay by 3 from 10.2.0.1 to 10.50.0.1");
}

BOOST_AUTO_TEST_SUITE_END()
