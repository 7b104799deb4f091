// More requests than Kea answers, on one of two interfaces of a VRF.
#include "fake_server.hpp"
#include "relay_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <future>
#include <string>
#include <thread>

using namespace keavrf::test;

namespace {

using keavrf::dhcp::MessageType;
namespace relay = keavrf::relay;

constexpr unsigned rounds = 20;
const auto mac_of_flood = mac("02:00:00:00:00:01");
const auto mac_of_other = mac("02:00:00:00:00:02");

RelayDomain::Options options()
{
    RelayDomain::Options options;
    options.name = "red";
    options.pools = {{"192.168.1.0/24", "192.168.1.100 - 192.168.1.200"},
                     {"192.168.3.0/24", "192.168.3.100 - 192.168.3.200"}};
    return options;
}

struct TwoInterfaces : RelayLab {
    TwoInterfaces()
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", flooding_client, mac_of_flood);
        network.add_client_interface("eth3", "", "192.168.3.1/24", other_client, mac_of_other);
        red.emplace(thread, *io, hub, options());
        flooded_port = red->port("eth1", {"192.168.1.1/24"});
        other_port = red->port("eth3", {"192.168.3.1/24"});
        red->open(flooded_port);
        red->open(other_port);
        flooding.emplace(flooding_client.fd(), "eth0", mac_of_flood);
        other.emplace(other_client.fd(), "eth0", mac_of_other);
    }
    relay::FamilyCounters counted(const relay::PortConfig& port) { return red->counters().ports.at(port.index).v4; }
    std::uint64_t refused() { return counted(flooded_port).dropped(relay::DropReason::server_busy); }
    // What Kea's sockets had no room for: the last column of its namespace's table (proc(5)).
    [[nodiscard]] unsigned long lost_at_kea()
    {
        std::ifstream table("/proc/" + std::to_string(red->kea().pid()) + "/net/udp");
        std::string line;
        std::getline(table, line); // the heading
        unsigned long lost = 0;
        while (std::getline(table, line)) {
            line.erase(line.find_last_not_of(' ') + 1);
            lost += std::stoul(line.substr(line.find_last_of(' ') + 1));
        }
        return lost;
    }

    ClientNamespace flooding_client;
    ClientNamespace other_client;
    std::optional<RelayDomain> red;
    relay::PortConfig flooded_port;
    relay::PortConfig other_port;
    std::optional<RawClient> flooding;
    std::optional<RawClient> other;
};

// DISCOVERs of ever other clients, until it is destroyed.
class Flood {
public:
    Flood(int network_namespace, RawClient& client)
        : ended_(std::async(std::launch::async, [this, network_namespace, message = client.message(type::discover)] {
              send(network_namespace, message);
          }))
    {
    }
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;
    ~Flood()
    {
        over_ = true;
        ended_.wait();
    }

private:
    void send(int network_namespace, DhcpMessage message)
    {
        const TenantSocket tenant(network_namespace);
        while (!over_) {
            ++message.xid;
            message.chaddr[4] = static_cast<std::uint8_t>(message.xid >> 8U);
            message.chaddr[5] = static_cast<std::uint8_t>(message.xid);
            tenant.broadcast(message.encode());
        }
    }
    std::atomic<bool> over_{false};
    std::future<void> ended_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_overload)

// Each message of the other interface's clients is sent once: not one may be lost, nor anything out of anybody's sight.
BOOST_FIXTURE_TEST_CASE(a_flood_on_one_interface_costs_the_vrfs_other_clients_nothing, TwoInterfaces)
{
    {
        const Flood flood(flooding_client.fd(), *flooding);
        BOOST_REQUIRE(eventually([&] { return refused() > 1000; }));
        for (unsigned round = 0; round < rounds; ++round) {
            other->set_address(mac("02:00:00:00:03:" + std::to_string(10 + round)));
            const auto discover = other->message(type::discover);
            other->broadcast(discover);
            const auto offer = other->answer_to(discover);
            BOOST_REQUIRE(offer.has_value());
            BOOST_TEST(offer->message.type() == type::offer);
            auto request = other->message(type::request);
            request.add(option::requested_address, offer->message.yiaddr);
            other->broadcast(request);
            BOOST_REQUIRE(other->answer_to(request).has_value());
        }
    }
    BOOST_TEST(counted(other_port).drops == decltype(relay::FamilyCounters::drops){});
    BOOST_TEST(counted(other_port).forwarded(MessageType::discover) == rounds);
    BOOST_TEST(lost_at_kea() == 0);
}

// Kea reads each RELEASE at once and answers none: a thousand a second are no reason to refuse anything. A machine that
// keeps Kea from running for a while is one, so it is tried again and again: a relay that takes silence for work
// refuses some each time.
BOOST_FIXTURE_TEST_CASE(what_nobody_answers_is_no_sign_that_kea_is_busy, TwoInterfaces)
{
    constexpr unsigned tries = 10;
    constexpr unsigned releases = 400;
    const TenantSocket tenant(flooding_client.fd());
    auto message = flooding->message(type::release);
    message.ciaddr = keavrf::Ipv4Address::parse("192.168.1.77").value();
    const auto seen = [&] { return counted(flooded_port).forwarded(MessageType::release) + refused(); };
    unsigned without_refusal = 0;
    for (unsigned number = 1; number <= tries && without_refusal < tries / 3; ++number) {
        const auto before = refused();
        for (unsigned sent = 0; sent < releases; ++sent) {
            ++message.xid;
            tenant.broadcast(message.encode());
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        BOOST_REQUIRE(eventually([&] { return seen() == std::uint64_t{number} * releases; }));
        BOOST_TEST_MESSAGE("refused: " << refused() - before);
        without_refusal += refused() == before ? 1U : 0U;
    }
    BOOST_TEST(without_refusal == tries / 3);
}

// In the middle of a turn: the request cannot be sent, and the port it came by is no more.
BOOST_FIXTURE_TEST_CASE(an_interface_may_go_with_the_uplink_while_its_requests_are_read, TwoInterfaces)
{
    const TenantSocket tenant(flooding_client.fd());
    auto discover = flooding->message(type::discover);
    Network behind(hub.fd());
    thread.run([&] {
        for (unsigned number = 0; number < 300; ++number) {
            ++discover.xid;
            tenant.broadcast(discover.encode());
        }
        behind.remove("red");
        network.remove("eth1");
    });
    BOOST_TEST(eventually([&] { return !red->failures().empty(); }));
    BOOST_TEST(!red->counters().ports.contains(flooded_port.index));
    BOOST_TEST(red->counters().ports.contains(other_port.index));
}

BOOST_FIXTURE_TEST_CASE(whoever_was_refused_is_served_when_it_asks_again, TwoInterfaces)
{
    {
        const Flood flood(flooding_client.fd(), *flooding);
        BOOST_REQUIRE(eventually([&] { return refused() > 1000; }));
    }
    const auto before = refused();
    for (unsigned round = 0; round < rounds; ++round) {
        flooding->set_address(mac("02:00:00:00:03:" + std::to_string(10 + round)));
        BOOST_TEST(flooding->discover().has_value());
    }
    // The flood's last may still have stood in the socket.
    BOOST_TEST(refused() - before < 1000);
}

BOOST_AUTO_TEST_SUITE_END()
