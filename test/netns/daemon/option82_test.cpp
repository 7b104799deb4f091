// Option 82 of a client behind a trusted interface (a switch that snoops), from the client to a real Kea and back: what
// Kea is sent, and what of its echo the client sees. Kea joins the sub-options of one code, and sorts by code.
#include "netns/namespace.hpp"
#include "support/lab.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::test;

namespace {

Bytes text(const std::string& value)
{
    return {value.begin(), value.end()};
}

Bytes sub_option(std::uint8_t code, const Bytes& value)
{
    Bytes bytes{code, static_cast<std::uint8_t>(value.size())};
    bytes.insert(bytes.end(), value.begin(), value.end());
    return bytes;
}

Bytes operator+(Bytes left, const Bytes& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

struct Case {
    const char* keys; // of the interface, trusted
    Bytes sent;
    Bytes to_kea;
    Bytes back;
};

const Bytes remote = sub_option(2, text("red"));

Bytes circuit(int number)
{
    return sub_option(1, text("eth" + std::to_string(number)));
}

// Case N is of interface ethN.
const std::vector<Case>& cases()
{
    static const Bytes snooped = sub_option(1, text("port7")) + sub_option(2, text("sw1"));
    static const Bytes own_link = Bytes{1, 1, 0x61, 11, 4, 192, 168, 3, 1};
    static const Bytes other_link = Bytes{5, 4, 10, 0, 2, 0};
    static const Bytes sorted = sub_option(4, {0, 0, 0, 7}) + sub_option(6, text("ab"));
    static const std::vector<Case> all{
        {"option82: append", snooped, snooped, snooped},
        {R"(option82: append, circuit-id: "", remote-id: "")", own_link, own_link, own_link},
        {R"(option82: append, circuit-id: "", remote-id: "")", other_link, other_link, other_link},
        {R"(option82: append, circuit-id: "", remote-id: "", relay-flags: true)", sub_option(1, {0x61}),
         sub_option(1, {0x61}) + sub_option(10, {0}), sub_option(1, {0x61})},
        {"option82: append", sorted, sorted + circuit(4) + remote, sorted},
        {"option82: append", sub_option(6, text("ab")) + sub_option(4, {0, 0, 0, 7}),
         sub_option(6, text("ab")) + sub_option(4, {0, 0, 0, 7}) + circuit(5) + remote, sorted},
        {"option82: append", sub_option(2, text("sw1")), sub_option(2, text("sw1")) + circuit(6),
         sub_option(2, text("sw1"))},
        {"option82: keep", snooped, snooped, snooped},
        {"option82: replace", snooped, circuit(8) + remote, {}},
    };
    return all;
}

Bytes option82_of(const DhcpMessage& message)
{
    const auto* value = message.option(option::relay_agent);
    return value == nullptr ? Bytes() : *value;
}

} // namespace

BOOST_AUTO_TEST_SUITE(option82)

BOOST_FIXTURE_TEST_CASE(of_a_client_goes_to_kea_and_comes_back_by_the_policy, Lab)
{
    std::vector<Tenant> tenants;
    std::string interfaces;
    for (std::size_t number = 0; number < cases().size(); ++number) {
        const auto name = "eth" + std::to_string(number);
        tenants.push_back(add_tenant(name, "10.0." + std::to_string(number) + ".1/24"));
        interfaces += "      " + name + ": {trusted: true, " + cases()[number].keys + "}\n";
    }
    auto daemon = Daemon::with("vrfs:\n  red:\n    device: none\n    interfaces:\n" + interfaces);
    daemon.wait_until("red", "serving");
    RawClient uplink(keavrf::netns::open("keavrf-hub").value().fd.get(), "red", tenant_mac);
    for (std::size_t number = 0; number < cases().size(); ++number) {
        const auto& [keys, sent, to_kea, back] = cases()[number];
        auto client = tenants[number].client();
        auto discover = client.message(type::discover);
        discover.add(option::relay_agent, sent);
        client.broadcast(discover);
        const auto offer = client.answer_to(discover);
        const auto forwarded = uplink.receive(
            [&](const DhcpFrame& frame) { return frame.message.op == 1 && frame.message.xid == discover.xid; });
        BOOST_TEST_CONTEXT("interface " << number << ": {" << keys << "}")
        {
            BOOST_REQUIRE_MESSAGE(offer && forwarded, daemon.log());
            BOOST_TEST(option82_of(forwarded->message) == to_kea, boost::test_tools::per_element());
            BOOST_TEST(option82_of(offer->message) == back, boost::test_tools::per_element());
        }
    }
    daemon.stop();
}

// A client at 10.50.0.20, behind a relay of the tenant's and a switch that snoops, renews by unicast: without a
// link-selection Kea looks for its subnet at giaddr, and answers nothing.
BOOST_DATA_TEST_CASE_F(Lab, of_a_renewal_from_behind_a_relay_takes_the_link_along,
                       boost::unit_test::data::make({"keep", "append"}), policy)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("vrfs:\n"
                               "  red:\n"
                               "    device: none\n"
                               "    interfaces: {eth1: {trusted: true, option82: " +
                               std::string(policy) +
                               "}}\n"
                               "    dhcp4:\n"
                               "      subnet4:\n"
                               "        - {subnet: 192.168.1.0/24, pools: [{pool: 192.168.1.100 - 192.168.1.200}]}\n"
                               "        - {subnet: 10.50.0.0/24, pools: [{pool: 10.50.0.20 - 10.50.0.20}]}\n");
    daemon.wait_until("red", "serving");
    network.add_route("10.50.0.0/24", "192.168.1.2", "eth1");
    RawClient uplink(keavrf::netns::open("keavrf-hub").value().fd.get(), "red", tenant_mac);
    auto client = tenant.client();
    client.hold(ip("192.168.1.2")); // the router's
    const auto snooped = sub_option(1, text("sw"));
    const auto link = sub_option(5, {10, 50, 0, 20});
    auto renewal = client.message(type::request);
    renewal.ciaddr = ip("10.50.0.20");
    renewal.add(option::relay_agent, snooped);
    BOOST_REQUIRE(client.unicast(renewal, ip("192.168.1.2"), ip("192.168.1.1")));
    const auto answer = client.answer_to(renewal);
    const auto at_kea = uplink.receive(
        [&](const DhcpFrame& frame) { return frame.message.op == 1 && frame.message.xid == renewal.xid; });
    BOOST_REQUIRE_MESSAGE(answer && at_kea, daemon.log());
    BOOST_TEST(option82_of(at_kea->message) ==
                   (policy == std::string("keep") ? snooped + link : snooped + remote + link),
               boost::test_tools::per_element());
    BOOST_TEST(answer->message.type() == type::ack);
    BOOST_TEST(answer->destination == ip("10.50.0.20"));
    BOOST_TEST(option82_of(answer->message) == snooped, boost::test_tools::per_element());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
