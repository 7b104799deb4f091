// Interfaces and addresses change under a running keavrfd: the relay follows (DESIGN section 6).
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

using namespace keavrf::test;

namespace {

bool serves(const Tenant& tenant, const std::string& prefix)
{
    auto client = tenant.client();
    const auto lease = client.acquire();
    return lease && lease->address.str().starts_with(prefix);
}

const std::string one_interface = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n";

} // namespace

BOOST_AUTO_TEST_SUITE(follow)

BOOST_FIXTURE_TEST_CASE(an_interface_that_appears_is_served, Lab)
{
    auto daemon = Daemon::with(one_interface);
    const auto waiting = daemon.wait_until("red", "waiting");
    BOOST_TEST(!waiting.reason.empty());
    BOOST_TEST(waiting.kea.value() == 0);
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(tenant, "192.168.1."), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(an_interface_that_goes_takes_its_kea_along_and_brings_it_back_with_its_leases, Lab)
{
    auto daemon = Daemon::with(one_interface);
    auto tenant = add_tenant("eth1", "192.168.1.1/24");
    daemon.wait_until("red", "serving");
    const auto before = tenant.client().acquire();
    BOOST_REQUIRE_MESSAGE(before, daemon.log());
    network.remove("eth1");
    daemon.wait_until("red", "waiting");
    BOOST_TEST(eventually([] { return processes_with("kea-dhcp4").empty(); }));
    tenant = add_tenant("eth1", "192.168.1.1/24");
    daemon.wait_until("red", "serving");
    auto client = tenant.client();
    const auto after = client.reboot(before->address);
    BOOST_REQUIRE_MESSAGE(after, daemon.log());
    BOOST_TEST(after->message.type() == type::ack);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(an_address_that_changes_changes_the_giaddr_and_the_subnet, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(one_interface);
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(tenant, "192.168.1."));
    network.remove_address("eth1", "192.168.1.1/24");
    network.add_address("eth1", "10.7.0.1/24");
    const auto is_new = [](const auto& red) {
        return red.state == "serving" && !red.ports.empty() && red.ports[0].giaddr == ip("10.7.0.1");
    };
    BOOST_TEST(daemon.becomes("red", is_new), daemon.log());
    BOOST_TEST(serves(tenant, "10.7.0."), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_second_address_does_not_become_the_giaddr, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(one_interface);
    daemon.wait_until("red", "serving");
    network.add_address("eth1", "192.168.1.2/24");
    // The pool leaves the host's new address out: that is how one sees that the change has arrived.
    BOOST_TEST(daemon.logs({"red", "kea.reloaded"}), daemon.log());
    auto client = tenant.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST(lease->server_id == ip("192.168.1.1"));
    BOOST_TEST(lease->address != ip("192.168.1.2"));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(an_interface_that_goes_down_and_up_is_served_again, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(one_interface);
    daemon.wait_until("red", "serving");
    const auto kea = daemon.kea("red");
    for (int round = 0; round < 3; ++round) {
        network.down("eth1");
        network.up("eth1");
        BOOST_TEST(serves(tenant, "192.168.1."), daemon.log());
    }
    BOOST_TEST(daemon.kea("red") == kea, "a flap costs no Kea");
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_flaps_a_hundred_times_is_served_in_the_end_by_the_same_kea, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(one_interface);
    daemon.wait_until("red", "serving");
    const auto kea = daemon.kea("red");
    for (int round = 0; round < 100; ++round) {
        network.remove_address("eth1", "192.168.1.1/24");
        network.add_address("eth1", "192.168.1.1/24");
    }
    BOOST_TEST(serves(tenant, "192.168.1."), daemon.log());
    for (int round = 0; round < 100; ++round) {
        network.down("eth1");
        network.up("eth1");
    }
    BOOST_TEST(serves(tenant, "192.168.1."), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    daemon.stop();
}

// Changes are collected until it has been quiet for a moment, which must not be waited for without end.
BOOST_FIXTURE_TEST_CASE(an_interface_that_comes_while_the_host_never_comes_to_rest_is_served, Lab)
{
    auto daemon = Daemon::with(one_interface);
    daemon.wait_until("red", "waiting");
    Program restless(
        {"sh", "-c", "while ip addr add 10.99.0.1/32 dev lo && ip addr del 10.99.0.1/32 dev lo; do :; done"});
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(tenant, "192.168.1."), daemon.log());
    BOOST_TEST(restless.running(), restless.errors());
    restless.signal(SIGKILL);
    BOOST_TEST(restless.wait_for_exit().has_value());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(an_interface_that_is_made_anew_a_hundred_times_is_served_in_the_end, Lab)
{
    auto daemon = Daemon::with(one_interface);
    auto tenant = add_tenant("eth1", "192.168.1.1/24");
    for (int round = 0; round < 100; ++round) {
        network.remove("eth1");
        tenant = add_tenant("eth1", "192.168.1.1/24");
    }
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(tenant, "192.168.1."), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_happened_while_the_kernel_dropped_events_is_followed_too, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    network.add_bridge("noise");
    auto daemon = Daemon::with(one_interface);
    daemon.wait_until("red", "serving");
    ::kill(daemon.pid(), SIGSTOP);
    // More than its socket's buffer holds, and the one event that matters in the middle of what is lost.
    for (int round = 0; round < 20'000; ++round) {
        network.add_address("noise", "10.200.0.1/24");
        network.remove_address("noise", "10.200.0.1/24");
        if (round == 15'000) {
            network.remove_address("eth1", "192.168.1.1/24");
            network.add_address("eth1", "10.7.0.1/24");
        }
    }
    ::kill(daemon.pid(), SIGCONT);
    const auto is_new = [](const auto& red) {
        return red.state == "serving" && !red.ports.empty() && red.ports[0].giaddr == ip("10.7.0.1");
    };
    BOOST_TEST(daemon.becomes("red", is_new), daemon.log());
    BOOST_TEST(serves(tenant, "10.7.0."), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(where_the_host_filters_what_clients_send_the_port_says_so_once, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    const auto other = add_tenant("eth2", "10.0.0.1/24");
    BOOST_REQUIRE(run({"sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth1/rp_filter"}).exit_code == 0);
    BOOST_REQUIRE(run({"sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth2/rp_filter"}).exit_code == 0);
    auto daemon = Daemon::with("vrfs:\n  red:\n    device: none\n    interfaces: [eth1]\n    dhcp4:\n"
                               "      shared-networks:\n        - name: both\n          subnet4:\n"
                               "            - {subnet: 192.168.1.0/24, pools: [{pool: 192.168.1.100-192.168.1.200}]}\n"
                               "            - {subnet: 172.16.0.0/24, pools: [{pool: 172.16.0.100-172.16.0.200}]}\n"
                               "  blue: {device: none, interfaces: [eth2]}\n");
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    BOOST_TEST(daemon.log_lines({"port.rp-filter", "red", "172.16.0.0/24"}).size() == 1U, daemon.log());
    BOOST_TEST(daemon.log_lines({"port.rp-filter", "blue"}).empty(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(an_interface_that_is_renamed_away_is_left_and_one_that_is_renamed_to_it_is_served, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n"
                               "  blue: {device: none, interfaces: [eth9]}\n");
    daemon.wait_until("red", "serving");
    network.rename("eth1", "eth9");
    daemon.wait_until("red", "waiting");
    daemon.wait_until("blue", "serving");
    BOOST_TEST(serves(tenant, "192.168.1."), daemon.log());
    network.rename("eth9", "eth1");
    daemon.wait_until("blue", "waiting");
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(tenant, "192.168.1."), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(an_interface_that_a_glob_names_is_followed_through_a_rename_without_a_new_kea, Lab)
{
    const auto tenant = add_tenant("vlan1", "192.168.1.1/24");
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [\"vlan*\"]}\n");
    daemon.wait_until("red", "serving");
    const auto kea = daemon.kea("red");
    network.rename("vlan1", "vlan77");
    const auto renamed = [](const auto& red) { return !red.ports.empty() && red.ports[0].interface == "vlan77"; };
    BOOST_TEST(daemon.becomes("red", renamed), daemon.log());
    BOOST_TEST(serves(tenant, "192.168.1."), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_bridge_with_many_clients_is_one_interface, Lab)
{
    network.add_bridge("br-lab");
    network.add_address("br-lab", "172.20.0.1/24");
    const auto first = add_tenant("port1", "", "br-lab");
    const auto second = add_tenant("port2", "", "br-lab");
    auto daemon = Daemon::with("vrfs:\n  lab: {device: none, interfaces: [br-lab]}\n");
    daemon.wait_until("lab", "serving");
    auto client_one = first.client(mac("02:00:00:00:07:01"));
    auto client_two = second.client(mac("02:00:00:00:07:02"));
    const auto lease_one = client_one.acquire(false);
    const auto lease_two = client_two.acquire(true);
    BOOST_REQUIRE_MESSAGE(lease_one && lease_two, daemon.log());
    BOOST_TEST(lease_one->address != lease_two->address);
    daemon.stop();
}

// Each has the other's subnet, too: only the address says whose Kea answered.
BOOST_FIXTURE_TEST_CASE(an_interface_that_gets_anothers_name_is_answered_by_nobody_else_from_then_on, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    const auto other = add_tenant("eth3", "10.0.0.1/24");
    auto daemon = Daemon::with(R"(vrfs:
  red:
    device: none
    interfaces: [eth1, eth9]
    dhcp4: {subnet4: [{subnet: 192.168.1.0/24, pools: [{pool: 192.168.1.10 - 192.168.1.99}]}]}
  blue:
    device: none
    interfaces: [eth2, eth3]
    dhcp4: {subnet4: [{subnet: 192.168.1.0/24, pools: [{pool: 192.168.1.110 - 192.168.1.199}]}]}
)");
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    auto client = tenant.client();
    const auto first_offer = [&](const std::string& name) {
        network.rename(name == "eth1" ? "eth2" : "eth1", name);
        std::optional<DhcpFrame> offer;
        for (int asked = 0; asked < 400 && !offer; ++asked) {
            offer = client.discover(true, Milliseconds(50));
        }
        return offer ? offer->message.yiaddr.str() : std::string("192.168.1.0");
    };
    for (int round = 0; round < 3; ++round) {
        BOOST_TEST(std::stoi(first_offer("eth2").substr(10)) >= 110, daemon.log());
        const auto back = std::stoi(first_offer("eth1").substr(10));
        BOOST_TEST(back >= 10, daemon.log());
        BOOST_TEST(back < 100, daemon.log());
    }
    BOOST_TEST(daemon.logs({"red", "port.departed"}), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
