// Relays behind client interfaces of real VRFs: a real one behind a router, tenants whose relays have the same
// addresses, and one whose messages come in by another member than its answers go out.
#include "support/lab.hpp"
#include "support/real_client.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

using namespace keavrf::test;
using keavrf::Ipv4Address;

namespace {

const Mac lan_mac = mac("02:00:00:00:50:01");

std::string trusted(const std::string& vrf, const std::string& interface, const std::string& more = {})
{
    return "  " + vrf + ":\n    interfaces: {" + interface + ": {trusted: true}" + more +
           "}\n"
           "    dhcp4:\n"
           "      valid-lifetime: 60\n      renew-timer: 3\n      rebind-timer: 9\n"
           "      option-data: [{name: domain-name, data: \"${vrf}.example\"}, {name: routers, data: 10.50.0.1}]\n"
           "      subnet4: [{subnet: 10.50.0.0/24, pools: [{pool: 10.50.0.100 - 10.50.0.200}]}]\n";
}

// vrf-red - eth2 - router (with dhcrelay) - lan - client
struct Site : Lab {
    Site()
    {
        network.add_vrf("vrf-red", 1001);
        router = add_tenant("eth2", "192.168.2.1/24", "vrf-red");
        Network inside(router.where.fd());
        inside.add_address("eth0", "192.168.2.2/24");
        inside.add_veth("lan", client, "eth0", lan_mac);
        inside.add_address("lan", "10.50.0.1/24");
        inside.add_default_route("192.168.2.1", "eth0");
        forward(true);
        Network::add_route("10.50.0.0/24", "192.168.2.2", "eth2");
    }
    void forward(bool on) const
    {
        ProgramOptions there;
        there.network_namespace = router.where.fd();
        const auto* value = on ? "1" : "0";
        BOOST_REQUIRE(
            run({"sh", "-c", std::string("echo ") + value + " > /proc/sys/net/ipv4/ip_forward"}, there).exit_code == 0);
    }
    [[nodiscard]] Program relay() const
    {
        ProgramOptions there;
        there.network_namespace = router.where.fd();
        return Program({"dhcrelay", "-4", "-d", "--no-pid", "-a", "-i", "lan", "-i", "eth0", "192.168.2.1"}, there);
    }

    Tenant router;
    ClientNamespace client;
};

std::string domain_name(const DhcpFrame& frame)
{
    const auto* value = frame.message.option(option::domain_name);
    return value == nullptr ? std::string() : std::string(value->begin(), value->end());
}

} // namespace

BOOST_AUTO_TEST_SUITE(relays)

BOOST_FIXTURE_TEST_CASE(a_client_behind_a_real_relay_acquires_renews_rebinds_and_releases, Site)
{
    auto daemon = Daemon::with("vrfs:\n" + trusted("vrf-red", "eth2"));
    daemon.wait_until("vrf-red", "serving");
    auto relay = Site::relay();
    BOOST_REQUIRE(relay.says("Listening on"));
    RawClient wire(router.where.fd(), "eth0", lan_mac);
    RealClient real(ClientKind::dhclient, client);
    const auto bound = real.bound();
    BOOST_REQUIRE_MESSAGE(bound, real.said() << relay.errors() << daemon.log());
    BOOST_TEST(bound->server == "192.168.2.1");
    BOOST_TEST(bound->address.starts_with("10.50.0."));

    const auto renewed = real.wait_for({"RENEW"});
    BOOST_REQUIRE_MESSAGE(renewed, real.said() << daemon.log());
    BOOST_TEST(renewed->address == bound->address);
    const auto answer = wire.receive(
        [](const DhcpFrame& frame) { return frame.destination_port == 68 && frame.message.type() == type::ack; });
    BOOST_REQUIRE_MESSAGE(answer, daemon.log()); // through the VRF and the router, to the client itself
    BOOST_TEST(answer->destination.str() == bound->address);
    BOOST_TEST((answer->source == ip("192.168.2.1")));

    // Nothing gets through but what the client broadcasts at last. (dhclient calls that RENEW too.)
    relay.signal(SIGSTOP);
    forward(false);
    RawClient lan(client.fd(), "eth0", lan_mac);
    const auto rebinding = lan.receive(
        [](const DhcpFrame& frame) {
            return frame.message.type() == type::request && frame.destination == ip("255.255.255.255");
        },
        60s);
    BOOST_REQUIRE(rebinding);
    BOOST_TEST(rebinding->message.ciaddr.str() == bound->address);
    const auto seen = real.events().size();
    relay.signal(SIGCONT);
    const auto rebound = real.wait_for({"REBIND", "RENEW"}, seen);
    BOOST_REQUIRE_MESSAGE(rebound, real.said() << relay.errors() << daemon.log());
    BOOST_TEST(rebound->address == bound->address);
    forward(true);
    real.release();
    BOOST_TEST(eventually([] { return Daemon::kea_log("vrf-red").find("DHCP4_RELEASE ") != std::string::npos; }),
               real.said());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(relays_of_two_vrfs_may_have_the_same_addresses, Lab)
{
    network.add_vrf("vrf-red", 1001);
    network.add_vrf("vrf-blue", 1002);
    const auto red = add_tenant("eth1", "192.168.2.1/24", "vrf-red");
    const auto blue = add_tenant("eth2", "192.168.2.1/24", "vrf-blue");
    Network::add_route("10.50.0.0/24", "192.168.2.2", "eth1");
    Network::add_route("10.50.0.0/24", "192.168.2.2", "eth2");
    auto daemon = Daemon::with("vrfs:\n" + trusted("vrf-red", "eth1") + trusted("vrf-blue", "eth2"));
    daemon.wait_until("vrf-red", "serving");
    daemon.wait_until("vrf-blue", "serving");
    auto red_relay = red.client();
    auto blue_relay = blue.client();
    red_relay.hold(ip("192.168.2.2"));
    blue_relay.hold(ip("192.168.2.2"));
    for (int round = 0; round < 5; ++round) {
        auto discover = red_relay.message(type::discover);
        discover.giaddr = ip("10.50.0.1");
        discover.hops = 1;
        discover.add(option::relay_agent, Bytes{1, 1, 65});
        for (auto* relay : {&red_relay, &blue_relay}) {
            BOOST_REQUIRE(relay->unicast_from_relay(discover, ip("192.168.2.2"), ip("192.168.2.1")));
        }
        for (auto* relay : {&red_relay, &blue_relay}) {
            const auto offer = relay->answer_to(discover);
            BOOST_REQUIRE_MESSAGE(offer, daemon.log());
            BOOST_TEST(domain_name(*offer) == (relay == &red_relay ? "vrf-red.example" : "vrf-blue.example"));
            BOOST_TEST(offer->destination == ip("10.50.0.1"));
            BOOST_TEST((offer->message.relay_suboption(1) == Bytes{65}));
        }
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_relay_is_answered_by_the_member_that_leads_to_it, Lab)
{
    network.add_vrf("vrf-red", 1001);
    const auto here = add_tenant("eth1", "192.168.1.1/24", "vrf-red");
    const auto there = add_tenant("eth2", "192.168.2.1/24", "vrf-red");
    Network::add_route("10.50.0.0/24", "192.168.2.2", "eth2");
    auto daemon = Daemon::with("vrfs:\n" + trusted("vrf-red", "eth1", ", eth2: {}"));
    daemon.wait_until("vrf-red", "serving");
    auto sender = here.client();
    auto receiver = there.client();
    sender.hold(ip("192.168.1.2"));
    receiver.hold(ip("192.168.2.2"));
    auto discover = sender.message(type::discover);
    discover.giaddr = ip("10.50.0.1");
    discover.hops = 1;
    BOOST_REQUIRE(sender.unicast_from_relay(discover, ip("192.168.1.2"), ip("192.168.1.1")));
    const auto offer = receiver.answer_to(discover);
    BOOST_REQUIRE_MESSAGE(offer, daemon.log());
    BOOST_TEST(offer->destination == ip("10.50.0.1"));
    BOOST_TEST((offer->source == ip("192.168.1.1")));
    BOOST_TEST(offer->source_port == 67);
    BOOST_TEST((offer->checksum == Checksum::valid)); // it crosses the routers of others
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
