// Real VRF devices, tenants that share addresses and even hardware addresses.
#include "support/lab.hpp"
#include "support/real_client.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::test;
using keavrf::Ipv4Address;

namespace boost::test_tools::tt_detail {
template <>
struct print_log_value<ClientKind> {
    void operator()(std::ostream& out, ClientKind kind) { out << to_string(kind); }
};
} // namespace boost::test_tools::tt_detail

namespace {

constexpr std::array kinds{ClientKind::dhclient, ClientKind::dhcpcd, ClientKind::udhcpc};

// As in the issue: two VRFs, one interface each.
struct TwoVrfs : Lab {
    Tenant red;
    Tenant blue;

    TwoVrfs(const std::string& red_address, const std::string& blue_address)
    {
        network.add_vrf("vrf-red", 1001);
        network.add_vrf("vrf-blue", 1002);
        red = add_tenant("eth1", red_address, "vrf-red");
        blue = add_tenant("eth2", blue_address, "vrf-blue");
    }
};

struct DifferentAddresses : TwoVrfs {
    DifferentAddresses() : TwoVrfs("192.168.1.10/24", "10.0.0.10/24") {}

    void check_both_are_served(Daemon& daemon)
    {
        daemon.wait_until("vrf-red", "serving");
        daemon.wait_until("vrf-blue", "serving");
        auto red_client = red.client();
        auto blue_client = blue.client();
        const auto red_lease = red_client.acquire();
        const auto blue_lease = blue_client.acquire();
        BOOST_REQUIRE_MESSAGE(red_lease && blue_lease, daemon.log());
        BOOST_TEST(red_lease->server_id == ip("192.168.1.10"));
        BOOST_TEST(blue_lease->server_id == ip("10.0.0.10"));
        BOOST_TEST(red_lease->address.str().starts_with("192.168.1."));
        BOOST_TEST(blue_lease->address.str().starts_with("10.0.0."));
        BOOST_TEST(red_client.renew(*red_lease).has_value(), daemon.log());
        BOOST_TEST(blue_client.renew(*blue_lease).has_value(), daemon.log());
    }
};

struct SameAddresses : TwoVrfs {
    SameAddresses() : TwoVrfs("192.168.1.1/24", "192.168.1.1/24") {}
};

// Each tenant's answers bear its name.
const std::string named = R"(
defaults: {dhcp4: {valid-lifetime: 40, renew-timer: 3, rebind-timer: 20}}
vrfs:
  vrf-red: {dhcp4: {option-data: [{name: domain-name, data: red.example}]}}
  vrf-blue: {dhcp4: {option-data: [{name: domain-name, data: blue.example}]}}
)";

std::string domain_name(const DhcpFrame& frame)
{
    const auto* value = frame.message.option(option::domain_name);
    return value == nullptr ? std::string() : std::string(value->begin(), value->end());
}

} // namespace

BOOST_AUTO_TEST_SUITE(tenants)

BOOST_FIXTURE_TEST_CASE(the_map_of_the_command_line_serves_both_vrfs, DifferentAddresses)
{
    Daemon daemon({"-m", "eth1:vrf-red:192.168.1.10", "-m", "eth2:vrf-blue:10.0.0.10"});
    check_both_are_served(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(the_same_in_yaml_serves_both_vrfs, DifferentAddresses)
{
    auto daemon = Daemon::with("vrfs:\n"
                               "  vrf-red: {interfaces: {eth1: {giaddr: 192.168.1.10}}}\n"
                               "  vrf-blue: {interfaces: {eth2: {giaddr: 10.0.0.10}}}\n");
    check_both_are_served(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(one_line_serves_every_vrf, DifferentAddresses)
{
    auto daemon = Daemon::with("vrfs: {\"*\": {}}\n");
    check_both_are_served(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(same_subnet_gateway_and_mac_and_never_a_foreign_answer, SameAddresses)
{
    auto daemon = Daemon::with(named);
    daemon.wait_until("vrf-red", "serving");
    daemon.wait_until("vrf-blue", "serving");
    auto red_client = red.client();
    auto blue_client = blue.client();
    // At once, and with one transaction id.
    for (std::uint32_t round = 0; round < 20; ++round) {
        auto discover = red_client.message(type::discover);
        discover.broadcast = round % 2 == 0;
        red_client.broadcast(discover);
        blue_client.broadcast(discover);
        const auto red_offer = red_client.answer_to(discover);
        const auto blue_offer = blue_client.answer_to(discover);
        BOOST_REQUIRE_MESSAGE(red_offer && blue_offer, daemon.log());
    }
    const auto red_lease = red_client.acquire(false);
    const auto blue_lease = blue_client.acquire(false);
    BOOST_REQUIRE_MESSAGE(red_lease && blue_lease, daemon.log());
    const auto red_renewed = red_client.renew(*red_lease);
    const auto blue_renewed = blue_client.renew(*blue_lease);
    BOOST_REQUIRE_MESSAGE(red_renewed && blue_renewed, daemon.log());
    BOOST_TEST(red_renewed->source == ip("192.168.1.1"));
    BOOST_TEST(blue_renewed->source == ip("192.168.1.1"));
    for (const auto& frame : red_client.frames()) {
        BOOST_TEST(domain_name(frame) == "red.example", describe(frame));
    }
    for (const auto& frame : blue_client.frames()) {
        BOOST_TEST(domain_name(frame) == "blue.example", describe(frame));
    }
    daemon.stop();
}

BOOST_DATA_TEST_CASE_F(SameAddresses, real_clients_acquire_and_renew_in_both, kinds, kind)
{
    auto daemon = Daemon::with(named);
    daemon.wait_until("vrf-red", "serving");
    daemon.wait_until("vrf-blue", "serving");
    auto red_wire = red.client();
    auto blue_wire = blue.client();
    RealClient red_real(kind, red.where);
    RealClient blue_real(kind, blue.where);
    BOOST_REQUIRE_MESSAGE(red_real.bound(), red_real.said() << daemon.log());
    BOOST_REQUIRE_MESSAGE(blue_real.bound(), blue_real.said() << daemon.log());
    red_real.hasten_renewal();
    blue_real.hasten_renewal();
    const auto renews = [](const DhcpFrame& frame) {
        return !frame.outgoing && frame.message.type() == type::ack && frame.message.ciaddr != Ipv4Address();
    };
    for (auto* wire : {&red_wire, &blue_wire}) {
        const auto renewed = wire->receive(renews, client_patience);
        BOOST_REQUIRE_MESSAGE(renewed, daemon.log());
        BOOST_TEST(renewed->source == ip("192.168.1.1"));
        BOOST_TEST(domain_name(*renewed) == (wire == &red_wire ? "red.example" : "blue.example"));
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(the_host_gains_nothing, DifferentAddresses)
{
    const auto before = settled_host_state();
    auto daemon = Daemon::with("vrfs: {\"*\": {}}\n");
    check_both_are_served(daemon);
    BOOST_TEST(difference(before, host_state()) == "");
    daemon.stop();
    BOOST_TEST(difference(before, host_state()) == "");
    check_nothing_left();
}

BOOST_FIXTURE_TEST_CASE(a_unicast_to_one_interface_that_comes_in_by_another_is_served, Lab)
{
    network.add_vrf("vrf-red", 1001);
    const auto first = add_tenant("eth1", "192.168.1.1/24", "vrf-red");
    const auto second = add_tenant("eth2", "192.168.2.1/24", "vrf-red");
    auto daemon = Daemon::with("vrfs: {vrf-red: {}}\n");
    daemon.wait_until("vrf-red", "serving");
    auto client = second.client();
    auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    // To eth1's address, by way of eth2.
    auto request = client.message(type::request);
    request.ciaddr = lease->address;
    DhcpFrame frame;
    frame.source_mac = client.address();
    frame.destination_mac = client.resolve(ip("192.168.2.1"), lease->address).value();
    frame.source = lease->address;
    frame.destination = ip("192.168.1.1");
    frame.source_port = 68;
    frame.destination_port = 67;
    frame.message = request;
    client.send(frame);
    const auto answer = client.answer_to(request);
    BOOST_REQUIRE_MESSAGE(answer, daemon.log());
    BOOST_TEST(answer->message.type() == type::ack);
    BOOST_TEST(answer->message.yiaddr == lease->address);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_downstream_relay_behind_another_member_is_answered_through_the_vrf, Lab)
{
    network.add_vrf("vrf-red", 1001);
    const auto clients = add_tenant("eth1", "192.168.1.1/24", "vrf-red");
    const auto relays = add_tenant("eth2", "192.168.2.1/24", "vrf-red");
    auto daemon = Daemon::with("vrfs:\n  vrf-red:\n    interfaces: {eth1: {}, eth2: {trusted: true}}\n"
                               "    dhcp4:\n      subnet4:\n"
                               "        - {subnet: 192.168.1.0/24, pools: [{pool: 192.168.1.100 - 192.168.1.200}]}\n"
                               "        - {subnet: 10.50.0.0/24, pools: [{pool: 10.50.0.100 - 10.50.0.200}]}\n");
    daemon.wait_until("vrf-red", "serving");
    Network::add_route("10.50.0.0/24", "192.168.2.2", "eth2");
    auto relay = relays.client();
    relay.hold(ip("192.168.2.2"));
    auto discover = relay.message(type::discover);
    discover.giaddr = ip("10.50.0.1");
    discover.hops = 1;
    BOOST_REQUIRE(relay.unicast_from_relay(discover, ip("192.168.2.2"), ip("192.168.2.1")));
    const auto offer = relay.answer_to(discover);
    BOOST_REQUIRE_MESSAGE(offer, daemon.log());
    BOOST_TEST(offer->destination == ip("10.50.0.1"));
    BOOST_TEST(offer->message.yiaddr.str().starts_with("10.50.0."));
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
