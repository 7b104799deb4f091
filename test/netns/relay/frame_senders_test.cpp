// How relays share packet sockets, on interfaces that transmit nothing for a while.
#include "netns/scoped_enter.hpp"
#include "relay/frame_senders.hpp"
#include "relay_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <fstream>

using namespace keavrf::test;

namespace {

namespace relay = keavrf::relay;
using keavrf::Clock;

// An interface that keeps what is sent, until it is told to go on.
struct Slow : Sandbox {
    Slow()
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", clients, mac("02:00:00:00:00:01"));
        tc("add", {"tbf", "rate", "100bit", "burst", "3000", "limit", "100000000"});
        senders = checked(relay::FrameSenders::open());
    }
    static void tc(const std::string& verb, const std::vector<std::string>& rest)
    {
        std::vector<std::string> words{"tc", "qdisc", verb, "dev", "eth1", "root"};
        words.insert(words.end(), rest.begin(), rest.end());
        Program program(words);
        BOOST_REQUIRE_MESSAGE(program.wait_for_exit() == 0, program.errors());
    }
    // 0, or the errno.
    static int send_by(int descriptor)
    {
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_protocol = htons(ETHERTYPE_IP);
        address.sll_ifindex = static_cast<int>(::if_nametoindex("eth1"));
        const Bytes frame(1000, 1);
        return ::sendto(descriptor, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                        sizeof address) < 0
                   ? errno
                   : 0;
    }
    static void fill(int descriptor)
    {
        int error = 0;
        for (unsigned sent = 0; sent < 100'000 && error == 0; ++sent) {
            error = send_by(descriptor);
        }
        BOOST_REQUIRE(error == EAGAIN);
    }

    Network network;
    ClientNamespace clients;
    std::shared_ptr<relay::FrameSenders> senders;
};

unsigned packet_sockets()
{
    std::ifstream table("/proc/thread-self/net/packet"); // a line each, below the headings
    unsigned lines = 0;
    for (std::string line; std::getline(table, line);) {
        ++lines;
    }
    return lines - 1;
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_frame_senders)

BOOST_FIXTURE_TEST_CASE(a_port_sends_by_the_shared_one_until_that_is_full, Slow)
{
    relay::PortFrames port(senders);
    relay::PortFrames other(senders);
    BOOST_TEST(port.descriptor() == senders->shared());
    BOOST_TEST(other.descriptor() == senders->shared());
    fill(port.descriptor());
    const auto own = port.after_full(senders->shared());
    BOOST_REQUIRE(own >= 0);
    BOOST_TEST(own != senders->shared());
    BOOST_TEST(port.descriptor() == own);
    BOOST_TEST(other.descriptor() == senders->shared());
    BOOST_TEST(send_by(own) == 0);
    // What was queued before it had its own goes there too.
    BOOST_TEST(port.after_full(senders->shared()) == own);
    fill(own);
    BOOST_TEST(port.after_full(own) == -1); // it is its interface
    const auto others_own = other.after_full(senders->shared());
    BOOST_TEST(others_own != own);
    BOOST_TEST(send_by(others_own) == 0);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_socket_for_frames_of_ports_has_no_other, Slow)
{
    relay::PortFrames port(senders);
    BOOST_TEST(port.after_full(0) == -1);
    BOOST_TEST(port.after_full(checked(senders->in_hub(clients.fd()))->descriptor()) == -1);
    BOOST_TEST(port.descriptor() == senders->shared());
}

BOOST_FIXTURE_TEST_CASE(one_that_is_given_back_is_used_again_when_it_has_sent_all, Slow)
{
    relay::PortFrames port(senders);
    const auto own = port.after_full(senders->shared());
    BOOST_REQUIRE(own >= 0);
    fill(own);
    port.close();
    BOOST_TEST(port.descriptor() == senders->shared());
    const auto second = port.after_full(senders->shared());
    BOOST_TEST(second != own); // that one has not sent all yet
    tc("del", {});             // drops what waits
    relay::PortFrames other(senders);
    BOOST_TEST(other.after_full(senders->shared()) == own);
}

BOOST_FIXTURE_TEST_CASE(a_shared_one_that_stays_full_is_put_aside, Slow)
{
    const auto first = senders->shared();
    const auto now = Clock::now();
    fill(first);
    auto one = checked(senders->apart(now));
    auto two = checked(senders->apart(now + std::chrono::milliseconds(900)));
    BOOST_TEST(senders->shared() == first);
    // Full again after a while is not full all the time.
    auto three = checked(senders->apart(now + std::chrono::seconds(60)));
    BOOST_TEST(senders->shared() == first);
    auto four = checked(senders->apart(now + std::chrono::seconds(61)));
    BOOST_TEST(senders->shared() != first);
    BOOST_TEST(senders->shares(first)); // still named by what is queued
    BOOST_TEST(send_by(senders->shared()) == 0);
}

BOOST_FIXTURE_TEST_CASE(many_ports_and_relays_have_one_packet_socket_here_and_one_in_the_hub, RelayLab)
{
    std::array<ClientNamespace, 3> clients;
    std::vector<std::unique_ptr<RelayDomain>> domains;
    for (unsigned number = 0; number < 3; ++number) {
        RelayDomain::Options options;
        options.name = "tenant" + std::to_string(number);
        options.slot = number;
        options.with_kea = false;
        const auto interface = "eth" + std::to_string(number);
        network.add_client_interface(interface, "", "192.168.1.1/24", clients.at(number), mac("02:00:00:00:00:01"));
        domains.push_back(std::make_unique<RelayDomain>(thread, *io, hub, options));
        domains.back()->open(domains.back()->port(interface, {"192.168.1.1/24"}));
    }
    BOOST_TEST(packet_sockets() == 1U);
    BOOST_TEST(checked(keavrf::netns::run_in(hub.fd(), [] { return packet_sockets(); })) == 1U);
    domains.clear();
    BOOST_TEST(packet_sockets() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
