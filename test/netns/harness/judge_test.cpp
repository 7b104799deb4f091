// The judge itself: what it must find, what it must let pass, and whose packets are recorded.
#include "support/judge.hpp"
#include "support/network.hpp"
#include "support/raw_client.hpp"
#include "support/sandbox.hpp"
#include "support/wait.hpp"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

using namespace keavrf::test;

namespace {

const auto client_mac = mac("02:00:00:00:00:01");

// In a frame: Ethernet, IPv4 without options, UDP.
constexpr std::size_t ip_checksum = 14 + 10;
constexpr std::size_t udp_checksum = 14 + 20 + 6;
constexpr std::size_t dhcp = 14 + 20 + 8;

DhcpFrame offer()
{
    DhcpFrame frame;
    frame.source = ip("192.168.1.1");
    frame.destination = ip("192.168.1.100");
    frame.source_port = 67;
    frame.destination_port = 68;
    frame.message.op = 2;
    frame.message.chaddr = client_mac;
    frame.message.add(option::message_type, Bytes{type::offer});
    frame.message.add(option::server_id, ip("192.168.1.1"));
    return frame;
}

Bytes with_option(std::uint8_t code, const Bytes& value)
{
    auto frame = offer();
    frame.message.add(code, value);
    return frame.encode();
}

Bytes changed(Bytes bytes, std::size_t at)
{
    bytes.at(at) ^= 1U;
    return bytes;
}

// Right down to the options, where a length of 255 runs past the end; no checksum that could give it away.
Bytes running_past_the_end()
{
    auto bytes = offer().encode();
    bytes.at(udp_checksum) = 0;
    bytes.at(udp_checksum + 1) = 0;
    bytes.at(dhcp + 240 + 3) = option::domain_name;
    bytes.at(dhcp + 240 + 4) = 255;
    return bytes;
}

std::vector<std::string> found_in(const Bytes& bytes)
{
    std::vector<std::string> found;
    for (const auto& finding : judge({RecordedFrame{"", "", bytes}})) {
        found.push_back(finding.what);
    }
    return found;
}

// A plain socket's datagram by eth1, its checksum left to the device.
void broadcast_by_socket(std::uint16_t port)
{
    const keavrf::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(67);
    const int on = 1;
    BOOST_REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, "eth1", 5) == 0);
    BOOST_REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0);
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(0xffffffffU);
    const auto bytes = offer().message.encode();
    BOOST_REQUIRE(::sendto(socket.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                           sizeof address) == static_cast<ssize_t>(bytes.size()));
}

struct Link : Sandbox {
    Link() { network.add_client_interface("eth1", "", "192.168.1.1/24", client, client_mac); }

    Network network;
    ClientNamespace client;
};

} // namespace

BOOST_AUTO_TEST_SUITE(judging)

BOOST_FIXTURE_TEST_CASE(what_is_in_order_passes, Sandbox)
{
    BOOST_TEST(found_in(offer().encode()).empty());
    BOOST_TEST(found_in(with_option(option::relay_agent, Bytes{1, 2, 65, 66, 11, 4, 192, 168, 1, 1})).empty());
    auto without_checksum = changed(offer().encode(), udp_checksum);
    without_checksum.at(udp_checksum) = 0;
    without_checksum.at(udp_checksum + 1) = 0;
    BOOST_TEST(found_in(without_checksum).empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_broken_is_found, Sandbox)
{
    struct Case {
        const char* what;
        Bytes bytes;
        const char* said;
    };
    auto elsewhere = offer();
    elsewhere.message.options.clear();
    auto no_cookie = elsewhere.encode();
    no_cookie.resize(dhcp + 4);
    const std::vector<Case> cases{
        {"IPv4 checksum", changed(offer().encode(), ip_checksum), "Bad checksum"},
        {"UDP checksum", changed(offer().encode(), udp_checksum), "Bad checksum"},
        {"length of an option", with_option(option::routers, Bytes{1, 2, 3}), "isn't a multiple of 4"},
        {"an option past the end", running_past_the_end(), "Malformed Packet"},
        {"a sub-option past the end", with_option(option::relay_agent, Bytes{1, 200, 65}), "no room left"},
        {"a message cut short", no_cookie, "Malformed Packet"},
    };
    for (const auto& [what, bytes, said] : cases) {
        const auto found = found_in(bytes);
        BOOST_TEST((found.size() == 1 && found[0].find(said) != std::string::npos),
                   what << ": " << (found.empty() ? "nothing" : found[0]));
    }
}

// Each would be an error if it stood alone, or elsewhere.
BOOST_FIXTURE_TEST_CASE(a_false_alarm_is_one_only_where_it_belongs, Sandbox)
{
    const Bytes vss{151, 4, 0, 'r', 'e', 'd'};
    BOOST_TEST(found_in(with_option(option::relay_agent, vss)).empty());
    BOOST_TEST(found_in(with_option(option::relay_agent, Bytes{151, 4, 0, 'r', 'e', 'd', 152, 0})).empty());
    BOOST_TEST(found_in(with_option(option::relay_agent, Bytes{19, 0})).empty());
    auto broken = with_option(option::relay_agent, vss);
    BOOST_TEST(found_in(changed(broken, ip_checksum)).size() == 1U);
    BOOST_TEST(found_in(with_option(option::relay_agent, Bytes{5, 3, 10, 0, 0})).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(only_the_other_ends_packets_are_recorded, Link)
{
    Recording recording(client.fd(), "eth0", Heard::incoming, "eth0");
    RawClient raw(client.fd(), "eth0", client_mac);
    raw.broadcast(raw.message(type::discover));
    broadcast_by_socket(68);
    std::vector<RecordedFrame> frames;
    BOOST_TEST(eventually([&] { return !(frames = recording.take()).empty(); }));
    BOOST_TEST(frames.size() == 1U);
    BOOST_TEST(frames.at(0).test == "judging/only_the_other_ends_packets_are_recorded");
    BOOST_TEST(recording.lost() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_checksum_left_to_the_device_is_right_on_the_way_to_kea_alone, Link)
{
    for (const bool trusted : {false, true}) {
        Recording recording(client.fd(), "eth0", Heard::incoming, "eth0");
        if (trusted) {
            recording.trust_offloaded_checksums();
        }
        broadcast_by_socket(trusted ? 67 : 68);
        std::vector<RecordedFrame> frames;
        BOOST_REQUIRE(eventually([&] { return !(frames = recording.take()).empty(); }));
        BOOST_TEST(judge(frames).size() == (trusted ? 0U : 1U));
    }
}

BOOST_AUTO_TEST_SUITE_END()
