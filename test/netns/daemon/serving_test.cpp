// The road of a DHCPv4 message, end to end: a client at frame level, keavrfd, a real Kea (DESIGN section 5).
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace keavrf::test;
using keavrf::Ipv4Address;

namespace {

// One domain "red" on eth1, as the least configuration makes it.
struct Red : Lab {
    Tenant tenant = add_tenant("eth1", "192.168.1.1/24");
    Daemon daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: {eth1: {trusted: false}}}\n");

    Red() { daemon.wait_until("red", "serving"); }
    [[nodiscard]] std::uint64_t drops(const std::string& reason) const
    {
        const auto status = daemon.status_of("red");
        BOOST_REQUIRE(status);
        const auto found = status->drops.find(reason);
        return found == status->drops.end() ? 0 : found->second;
    }
};

DhcpMessage with_option(DhcpMessage message, std::uint8_t code, Bytes value)
{
    message.add(code, std::move(value));
    return message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(serving)

BOOST_FIXTURE_TEST_CASE(a_client_that_asks_for_broadcast_gets_broadcast, Red)
{
    auto client = tenant.client();
    const auto lease = client.acquire(true);
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST(to_string(lease->ack.destination_mac) == to_string(broadcast_mac));
    BOOST_TEST(lease->ack.destination == ip("255.255.255.255"));
    BOOST_TEST(lease->ack.source == ip("192.168.1.1"));
    BOOST_TEST((lease->ack.checksum != Checksum::wrong));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_client_that_does_not_ask_for_broadcast_gets_a_frame_of_its_own, Red)
{
    auto client = tenant.client();
    const auto lease = client.acquire(false);
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST(to_string(lease->ack.destination_mac) == to_string(tenant.mac));
    BOOST_TEST(lease->ack.destination == lease->address);
    BOOST_TEST(lease->ack.source == ip("192.168.1.1"));
    BOOST_TEST((lease->ack.checksum != Checksum::wrong));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_the_client_sees_is_the_relay_and_nothing_of_the_inside, Red)
{
    auto client = tenant.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST(lease->server_id == ip("192.168.1.1"));
    BOOST_TEST(lease->ack.message.option(option::relay_agent) == nullptr);
    BOOST_TEST(lease->ack.dhcp_size >= 300U);
    BOOST_TEST((lease->ack.message.address_option(option::routers) == ip("192.168.1.1")));
    BOOST_TEST((lease->ack.message.address_option(option::subnet_mask) == ip("255.255.255.0")));
    for (const auto& frame : client.frames()) {
        BOOST_TEST(!frame.source.link_local(), describe(frame));
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_renewal_by_unicast_is_answered_from_the_address_it_was_sent_to, Red)
{
    auto client = tenant.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    const auto renewed = client.renew(*lease);
    BOOST_REQUIRE_MESSAGE(renewed, daemon.log());
    BOOST_TEST(renewed->message.type() == type::ack);
    BOOST_TEST(renewed->source == lease->server_id);
    BOOST_TEST(renewed->destination == lease->address);
    BOOST_TEST(to_string(renewed->destination_mac) == to_string(tenant.mac));
    BOOST_TEST((renewed->message.address_option(option::server_id) == lease->server_id));
    BOOST_TEST((renewed->checksum != Checksum::wrong));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_rebinding_client_keeps_its_address, Red)
{
    auto client = tenant.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    const auto rebound = client.rebind(*lease);
    BOOST_REQUIRE_MESSAGE(rebound, daemon.log());
    BOOST_TEST(rebound->message.type() == type::ack);
    BOOST_TEST(rebound->message.yiaddr == lease->address);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_client_that_comes_back_with_a_foreign_address_is_told_no, Red)
{
    auto client = tenant.client();
    const auto answer = client.reboot(ip("172.31.0.99"));
    BOOST_REQUIRE_MESSAGE(answer, daemon.log());
    BOOST_TEST(answer->message.type() == type::nak);
    BOOST_TEST(answer->destination == ip("255.255.255.255"));
    BOOST_TEST((answer->message.address_option(option::server_id) == ip("192.168.1.1")));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(an_inform_is_answered_to_its_sender, Red)
{
    auto client = tenant.client();
    const auto answer = client.inform(ip("192.168.1.77"));
    BOOST_REQUIRE_MESSAGE(answer, daemon.log());
    BOOST_TEST(answer->message.type() == type::ack);
    BOOST_TEST(answer->message.yiaddr == Ipv4Address());
    BOOST_TEST(answer->destination == ip("192.168.1.77"));
    BOOST_TEST((answer->message.address_option(option::server_id) == ip("192.168.1.1")));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_released_lease_is_free_again, Red)
{
    auto client = tenant.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST(client.release(*lease));
    BOOST_TEST(eventually([] { return Daemon::kea_log("red").find("DHCP4_RELEASE ") != std::string::npos; }),
               Daemon::kea_log("red"));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_declined_address_is_not_given_again, Red)
{
    auto client = tenant.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    client.decline(*lease);
    BOOST_TEST(eventually([] { return Daemon::kea_log("red").find("DHCP4_DECLINE_LEASE") != std::string::npos; }),
               Daemon::kea_log("red"));
    const auto second = client.acquire();
    BOOST_REQUIRE(second);
    BOOST_TEST(second->address != lease->address);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(many_clients_get_many_addresses, Red)
{
    std::set<Ipv4Address> addresses;
    auto client = tenant.client();
    for (std::uint8_t number = 1; number <= 30; ++number) {
        client.set_address(Mac{0x02, 0, 0, 0, 1, number});
        const auto lease = client.acquire(number % 2 == 0);
        BOOST_REQUIRE_MESSAGE(lease, daemon.log());
        addresses.insert(lease->address);
    }
    BOOST_TEST(addresses.size() == 30U);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_a_client_must_not_send_is_dropped_and_counted, Red)
{
    auto client = tenant.client();
    struct Case {
        std::string reason;
        DhcpMessage message;
    };
    std::vector<Case> cases;
    const auto plain = [&] { return client.message(type::discover); };
    cases.push_back({"spoofed-giaddr", plain()});
    cases.back().message.giaddr = ip("192.168.1.1");
    cases.push_back({"untrusted-relay", plain()});
    cases.back().message.giaddr = ip("10.9.9.9");
    cases.push_back({"untrusted-option82", with_option(plain(), option::relay_agent, {1, 2, 'x', 'y'})});
    cases.push_back({"hops", plain()});
    cases.back().message.hops = 16;
    cases.push_back({"bad-address", plain()});
    cases.back().message.ciaddr = ip("127.0.0.1");
    for (const auto& [reason, message] : cases) {
        BOOST_TEST_CONTEXT(reason)
        {
            const auto before = drops(reason);
            client.broadcast(message, Ipv4Address());
            BOOST_TEST(eventually([&, &reason = reason] { return drops(reason) == before + 1; }));
        }
    }
    BOOST_TEST(client.acquire().has_value(), "a good message is still served");
    BOOST_TEST(Daemon::kea_log("red").find("ERROR") == std::string::npos);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_trusted_downstream_relay_is_served, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("vrfs:\n"
                               "  red:\n"
                               "    device: none\n"
                               "    interfaces: {eth1: {trusted: true}}\n"
                               "    dhcp4:\n"
                               "      subnet4:\n"
                               "        - {subnet: 192.168.1.0/24, pools: [{pool: 192.168.1.100 - 192.168.1.200}]}\n"
                               "        - {subnet: 10.50.0.0/24, pools: [{pool: 10.50.0.100 - 10.50.0.200}]}\n");
    daemon.wait_until("red", "serving");
    // The relay is a host at 192.168.1.2, its clients are in 10.50.0.0/24.
    network.add_route("10.50.0.0/24", "192.168.1.2", "eth1");
    auto relay = tenant.client();
    relay.hold(ip("192.168.1.2"));
    auto discover = relay.message(type::discover);
    discover.chaddr = mac("02:00:00:00:50:01");
    discover.giaddr = ip("10.50.0.1");
    discover.hops = 1;
    discover.add(option::relay_agent, Bytes{1, 4, 'p', 'o', 'r', 't'});
    BOOST_REQUIRE(relay.unicast_from_relay(discover, ip("192.168.1.2"), ip("192.168.1.1")));
    const auto offer = relay.receive([&](const DhcpFrame& frame) { return frame.message.xid == discover.xid; });
    BOOST_REQUIRE_MESSAGE(offer, daemon.log());
    BOOST_TEST(offer->message.type() == type::offer);
    BOOST_TEST(offer->destination == ip("10.50.0.1"));
    BOOST_TEST(offer->destination_port == 67);
    BOOST_TEST((offer->message.relay_suboption(1) == Bytes{'p', 'o', 'r', 't'}));
    BOOST_TEST((offer->message.yiaddr.value() >> 8U) == (ip("10.50.0.0").value() >> 8U));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(every_interface_of_a_domain_has_its_own_subnet, Lab)
{
    const auto first = add_tenant("eth1", "192.168.1.1/24");
    const auto second = add_tenant("eth2", "192.168.2.1/24");
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1, eth2]}\n");
    daemon.wait_until("red", "serving");
    auto client_one = first.client();
    auto client_two = second.client(mac("02:00:00:00:00:02"));
    const auto lease_one = client_one.acquire();
    const auto lease_two = client_two.acquire();
    BOOST_REQUIRE_MESSAGE(lease_one && lease_two, daemon.log());
    BOOST_TEST((lease_one->address.value() >> 8U) == (ip("192.168.1.0").value() >> 8U));
    BOOST_TEST((lease_two->address.value() >> 8U) == (ip("192.168.2.0").value() >> 8U));
    BOOST_TEST(lease_one->server_id == ip("192.168.1.1"));
    BOOST_TEST(lease_two->server_id == ip("192.168.2.1"));
    for (const auto& frame : client_one.frames()) {
        BOOST_TEST(to_string(frame.message.chaddr) == to_string(first.mac),
                   "not for this interface: " << describe(frame));
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(domains_are_served_each_by_a_kea_of_its_own, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n"
                               "  blue: {device: none, interfaces: [eth2]}\n");
    const auto red_status = daemon.wait_until("red", "serving");
    const auto blue_status = daemon.wait_until("blue", "serving");
    BOOST_TEST(red_status.kea.value() != blue_status.kea.value());
    auto red_client = red.client();
    auto blue_client = blue.client();
    const auto red_lease = red_client.acquire();
    const auto blue_lease = blue_client.acquire();
    BOOST_REQUIRE_MESSAGE(red_lease && blue_lease, daemon.log());
    const auto has = [](const std::string& vrf, const Lease& lease) {
        return eventually(
            [&] { return Daemon::lease_file(vrf).find("\n" + lease.address.str() + ",") != std::string::npos; });
    };
    BOOST_TEST(has("red", *red_lease), Daemon::lease_file("red"));
    BOOST_TEST(has("blue", *blue_lease), Daemon::lease_file("blue"));
    BOOST_TEST(Daemon::lease_file("red").find(blue_lease->address.str()) == std::string::npos);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
