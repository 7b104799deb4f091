// What somebody can do who has taken over a Kea, by what its control socket says and by what it sends to the relay:
// nothing crosses to another VRF, nobody waits, memory stays bounded (DESIGN section 10).
#include "intruder.hpp"
#include "netns/namespace.hpp"
#include "netns/scoped_enter.hpp"
#include "support/recording.hpp"
#include "support/sanitizer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <filesystem>

using namespace keavrf::test;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(a_taken_over_kea)

namespace {

constexpr const char* control_socket = "/run/keavrfd/red/kea/kea-dhcp4.sock";

// What the false control socket says to whoever connects.
struct Voice {
    const char* name;
    const char* text;
    bool for_ever;
};

int speak(const Voice& voice)
{
    int listener = -1;
    ::unlink(control_socket);
    if (!bind_unix(control_socket, SOCK_STREAM, &listener) || ::listen(listener, 8) != 0) {
        return errno;
    }
    std::string block(voice.text);
    while (voice.for_ever && block.size() < 60'000) {
        block += voice.text;
    }
    ::signal(SIGPIPE, SIG_IGN);
    while (true) {
        const int heard = ::accept(listener, nullptr, nullptr);
        if (voice.for_ever) {
            ::send(heard, "[", 1, MSG_NOSIGNAL);
        }
        while (::send(heard, block.data(), block.size(), MSG_NOSIGNAL) > 0 && voice.for_ever) {
        }
        if (*voice.text != '\0') {
            ::close(heard); // else: it waits for ever
        }
    }
}

// What keavrfd may need beyond what it needed before: for a page of leases, and for what an operator asks.
// (AddressSanitizer keeps what was freed.)
constexpr long kilobytes_for_a_page = sanitized ? 1'000'000 : 24'000;
constexpr long kilobytes_for_any_answer = sanitized ? 1'000'000 : 90'000;

} // namespace

BOOST_FIXTURE_TEST_CASE(keeps_nobody_waiting_and_fills_no_memory_by_its_control_socket, TakenOver)
{
    const std::vector<Voice> voices{{"garbage", "\x01\xff{]\"\n\n", false},
                                    {"nothing", "", false},
                                    {"an answer of another kind", R"([{"result": "x", "arguments": [7]}])", false},
                                    {"numbers without end", "0,", true},
                                    {"lists without end", "[],", true},
                                    {"depth without end", "[", true}};
    for (const auto& voice : voices) {
        BOOST_TEST_CONTEXT(voice.name)
        {
            start_anew();
            const auto start = daemon.log_size();
            Intruder intruder([&] { return speak(voice); });
            BOOST_TEST(eventually([] { return fs::is_socket(control_socket); }));
            const auto before = peak_kilobytes();
            const auto ask = [&](const std::vector<std::string>& command) {
                auto words = command;
                words.insert(words.begin(), built("keavrfctl"));
                const auto asked = run(words, {}, 40s);
                BOOST_TEST(asked.exit_code != 0, asked.output << daemon.log().substr(start));
                check_blue();
                return peak_kilobytes() - before;
            };
            const auto for_a_page = ask({"leases", "red"});
            BOOST_TEST(for_a_page < kilobytes_for_a_page);
            const auto for_any = ask({"kea", "red", "config-get"});
            BOOST_TEST(for_any < kilobytes_for_any_answer);
            BOOST_TEST_MESSAGE("peak memory " << before << " KiB, for a page of leases " << for_a_page
                                              << " more, for a configuration " << for_any);
            const auto kea = daemon.kea("red");
            ::kill(kea, SIGKILL);
            BOOST_TEST(daemon.becomes("red", [&](const auto& status) { return status.kea.value() != kea; }));
        }
    }
    daemon.wait_until("red", "serving", 60s);
    BOOST_TEST(red.client().acquire().has_value(), daemon.log());
    daemon.stop();
}

namespace {

Bytes forged(std::uint8_t op, std::uint8_t type, const std::string& giaddr, const std::string& ciaddr,
             const Mac& chaddr)
{
    DhcpMessage message;
    message.op = op;
    message.xid = 0x666;
    message.giaddr = ip(giaddr);
    message.ciaddr = ip(ciaddr);
    message.yiaddr = ip("10.0.0.66");
    message.chaddr = chaddr;
    message.add(option::message_type, Bytes{type});
    message.add(option::server_id, ip("6.6.6.6"));
    return message.encode();
}

std::vector<Bytes> forged_answers()
{
    std::vector<Bytes> all;
    for (const auto* giaddr : {"10.0.0.1", "0.0.0.0", "8.8.8.8", "255.255.255.255", "127.0.0.1", "169.254.1.1"}) {
        for (const auto* ciaddr : {"0.0.0.0", "10.0.0.100", "255.255.255.255", "127.0.0.1"}) {
            all.push_back(forged(2, type::offer, giaddr, ciaddr, tenant_mac));
            all.push_back(forged(2, type::ack, giaddr, ciaddr, broadcast_mac));
            all.push_back(forged(2, type::nak, giaddr, ciaddr, tenant_mac));
            all.push_back(forged(1, type::discover, giaddr, ciaddr, tenant_mac));
        }
    }
    auto cut = all.front();
    cut.resize(100);
    all.push_back(cut);
    auto giant = all.front();
    giant.resize(60'000, 0x35);
    all.push_back(giant);
    return all;
}

// Kea's own port; whoever has taken Kea over has it.
int open_port_of_kea(int network_namespace)
{
    auto opened = keavrf::netns::run_in(network_namespace, [] {
        const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(67);
        const auto bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        if (!bound) {
            ::close(socket);
        }
        return bound ? socket : -1;
    });
    BOOST_REQUIRE(opened.has_value());
    return *opened;
}

bool send_to(int socket, const Bytes& bytes, const char* address, std::uint16_t port)
{
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &to.sin_addr);
    return ::sendto(socket, bytes.data(), bytes.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to),
                    sizeof to) > 0;
}

bool forged_by_it(const DhcpFrame& frame)
{
    return frame.message.xid == 0x666 || frame.message.address_option(option::server_id) == ip("6.6.6.6");
}

} // namespace

BOOST_FIXTURE_TEST_CASE(reaches_no_other_vrf_by_what_it_sends, TakenOver)
{
    recordings::distrust_uplinks();
    auto watcher = blue.client();
    const auto space = keavrf::netns::open("keavrf-red");
    BOOST_REQUIRE(space.has_value());
    ::kill(daemon.kea("red"), SIGKILL);
    int port = -1;
    BOOST_REQUIRE(eventually([&] { return (port = open_port_of_kea(space->fd.get())) >= 0; }));
    const auto answers = forged_answers();
    Intruder intruder([&] {
        int sent = 0;
        for (int round = 0; round < 2000; ++round) {
            for (const auto& answer : answers) {
                for (const auto to : {std::uint16_t{67}, std::uint16_t{68}}) {
                    sent +=
                        send_to(port, answer, "169.254.1.1", to) || send_to(port, answer, "169.254.1.5", to) ? 1 : 0;
                    sent += send_to(port, answer, "10.0.0.1", to) || send_to(port, answer, "10.0.0.100", to) ? 1 : 0;
                }
            }
        }
        return sent > 1000 ? 0 : 1;
    });
    for (int i = 0; i < 20; ++i) {
        check_blue();
    }
    BOOST_TEST(intruder.result() == 0);
    ::close(port);
    BOOST_TEST(daemon.status().has_value());
    check_blue();
    for (const auto& frame : watcher.frames()) {
        BOOST_TEST(!forged_by_it(frame), describe(frame));
    }
    // AddressSanitizer keeps what was freed.
    BOOST_TEST(peak_kilobytes() < (sanitized ? 1'000'000 : 100'000));
    daemon.wait_until("red", "serving", 60s);
    BOOST_TEST(red.client().acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
