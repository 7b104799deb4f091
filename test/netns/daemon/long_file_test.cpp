// A configuration that takes a second or more to read: everything else goes on meanwhile.
#include "core/unique_fd.hpp"
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

using namespace keavrf::test;

namespace {

constexpr int many = 20'000;

const std::string file_beside = "/run/long.yaml";

// Red with this lifetime, and a VRF that there is not, with subnets that only have to be read.
std::string long_file(unsigned lifetime, const std::string& at_the_end = "")
{
    std::string text =
        "vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: " + std::to_string(lifetime) +
        "}}\n  absent:\n    dhcp4:\n      subnet4:\n";
    for (int at = 0; at < many; ++at) {
        const auto net = "10." + std::to_string(at / 256) + '.' + std::to_string(at % 256) + '.';
        text += "        - {subnet: " + net + "0/24, pools: [{pool: " + net + "10 - " + net + "200}]}\n";
    }
    return text + at_the_end;
}

std::string short_file(unsigned lifetime)
{
    return "vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: " + std::to_string(lifetime) +
           "}}\n";
}

// With the control channel: says one thing, and looks for the answer when it likes.
class Caller {
public:
    explicit Caller(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
        BOOST_REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    }
    void say(const std::string& command) const
    {
        BOOST_REQUIRE(::send(socket_.get(), command.data(), command.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(command.size()));
    }
    [[nodiscard]] bool is_answered(Milliseconds limit) const
    {
        pollfd wait{socket_.get(), POLLIN, 0};
        return ::poll(&wait, 1, static_cast<int>(limit.count())) == 1;
    }
    [[nodiscard]] std::string answer() const
    {
        std::array<char, 65536> bytes{};
        const auto count = is_answered(60s) ? ::recv(socket_.get(), bytes.data(), bytes.size(), 0) : 0;
        return {bytes.data(), static_cast<std::size_t>(count > 0 ? count : 0)};
    }

private:
    keavrf::UniqueFd socket_;
};

// By the time of the second answer whatever was asked before has been begun.
void ask_others(const Daemon& daemon, int times)
{
    const Caller other(daemon.control_socket);
    for (int time = 0; time < times; ++time) {
        other.say(R"({"command": "version-get", "keep-open": true})");
        BOOST_TEST(!other.answer().empty(), daemon.log());
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(long_files)

BOOST_FIXTURE_TEST_CASE(others_are_answered_while_one_is_checked, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(short_file(600));
    daemon.wait_until("red", "serving");
    std::ofstream(file_beside) << long_file(600, "on-exit: nonsense\n");
    const Caller checker(daemon.control_socket);
    checker.say(R"({"command": "config-test", "arguments": {"file": ")" + file_beside + "\"}}");
    ask_others(daemon, 10);
    BOOST_TEST(!checker.is_answered(0ms), "the file was read without a pause");
    const auto answer = checker.answer();
    BOOST_TEST(answer.find("on-exit: must be") != std::string::npos, answer << daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_stop_does_not_wait_for_one_that_is_read, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(short_file(600));
    daemon.wait_until("red", "serving");
    daemon.write_configuration(long_file(700));
    const Caller reloader(daemon.control_socket);
    reloader.say(R"({"command": "config-reload"})");
    BOOST_REQUIRE(daemon.logs({"reload.begin"}));
    daemon.stop();
    BOOST_TEST(daemon.log_lines({"reload.done"}).empty(), daemon.log());
}

BOOST_FIXTURE_TEST_CASE(a_reload_that_was_asked_for_later_is_the_one_that_counts, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(short_file(600));
    daemon.wait_until("red", "serving");
    daemon.write_configuration(long_file(700));
    const Caller first(daemon.control_socket);
    first.say(R"({"command": "config-reload"})");
    BOOST_REQUIRE(daemon.logs({"reload.begin"}));
    ask_others(daemon, 3); // it has been opened by now
    daemon.write_configuration(short_file(800));
    const Caller second(daemon.control_socket);
    second.say(R"({"command": "config-reload"})");
    for (const auto* caller : {&first, &second}) {
        const auto answer = caller->answer();
        BOOST_TEST(answer.find("is in force") != std::string::npos, answer << daemon.log());
    }
    auto client = red.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST((lease->ack.message.address_option(option::lease_time) == keavrf::Ipv4Address(800)), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
