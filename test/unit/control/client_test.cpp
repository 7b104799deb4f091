#include "control/client.hpp"
#include "control/command.hpp"
#include "control/server.hpp"
#include "socket_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <thread>

namespace {

using keavrf::UniqueFd;
using keavrf::control::Client;
using keavrf::control::connect_error;
using keavrf::test::TemporaryFolder;
using namespace std::chrono_literals;
namespace json = boost::json;

json::object command_of(std::string_view name)
{
    json::object command;
    command["command"] = name;
    return command;
}

// A daemon that does what the test says with its first connection, in a thread of its own.
class FakeDaemon {
public:
    FakeDaemon(const std::string& path, std::function<void(int)> script)
        : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        const auto address = keavrf::test::address_of(path);
        BOOST_REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
        BOOST_REQUIRE(::listen(listener_.get(), 1) == 0);
        thread_ = std::thread([this, script = std::move(script)] {
            const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            script(client.get());
        });
    }
    FakeDaemon(const FakeDaemon&) = delete;
    FakeDaemon& operator=(const FakeDaemon&) = delete;
    ~FakeDaemon() { thread_.join(); }

private:
    UniqueFd listener_;
    std::thread thread_;
};

void say(int socket, std::string_view text)
{
    while (!text.empty()) {
        const auto count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (count <= 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

void hear(int socket)
{
    std::array<char, 4096> buffer{};
    (void)!::read(socket, buffer.data(), buffer.size());
}

void hear_to_the_end(int socket)
{
    std::array<char, 4096> buffer{};
    while (::read(socket, buffer.data(), buffer.size()) > 0) {
    }
}

struct Fixture {
    TemporaryFolder folder;
    std::string path = folder.socket();

    keavrf::Result<json::object> call(std::function<void(int)> script, std::chrono::milliseconds timeout = 10s,
                                      const json::object& command = command_of("status-get"))
    {
        const FakeDaemon daemon(path, std::move(script));
        auto client = Client::connect(path, timeout);
        BOOST_REQUIRE(client.has_value());
        return client->call(command);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(client, Fixture)

BOOST_AUTO_TEST_CASE(puts_the_answer_together_wherever_it_is_split)
{
    const std::string answer = R"({"result":0,"text":"done","arguments":{"a":[1]}})";
    for (std::size_t split = 0; split <= answer.size(); ++split) {
        std::filesystem::remove(path);
        const auto got = call([&](int socket) {
            hear(socket);
            say(socket, answer.substr(0, split));
            say(socket, answer.substr(split));
        });
        BOOST_REQUIRE(got.has_value());
        BOOST_TEST(json::serialize(*got) == answer);
    }
}

BOOST_AUTO_TEST_CASE(sends_the_command_whole_however_large)
{
    auto command = command_of("config-test");
    command["arguments"] = std::string(std::size_t{4} << 20U, 'x');
    const auto size = json::serialize(command).size();
    const auto answer = call(
        [size](int socket) {
            std::array<char, 65536> buffer{};
            std::size_t heard = 0;
            while (heard < size) {
                const auto count = ::read(socket, buffer.data(), buffer.size());
                if (count <= 0) {
                    return;
                }
                heard += static_cast<std::size_t>(count);
            }
            say(socket, R"({"result":0})");
        },
        10s, command);
    BOOST_TEST(answer.has_value());
}

BOOST_AUTO_TEST_CASE(receives_one_object_after_the_other)
{
    const FakeDaemon daemon(path, [](int socket) {
        hear(socket);
        say(socket, "{\"a\":1}\n{\"a\":2}{\"a\":3}");
    });
    auto client = Client::connect(path, 10s);
    BOOST_REQUIRE(client.has_value());
    BOOST_TEST(client->send(command_of("watch")).has_value());
    for (int number = 1; number <= 3; ++number) {
        const auto object = client->receive();
        BOOST_REQUIRE(object.has_value());
        BOOST_TEST(object->at("a") == number);
    }
    BOOST_TEST(!client->receive().has_value());
}

BOOST_AUTO_TEST_CASE(a_daemon_that_does_not_answer_is_given_up_with_advice)
{
    const auto answer = call(hear_to_the_end, 30ms);
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(answer.error().is(ETIMEDOUT));
    BOOST_TEST(answer.error().message().find("did not answer within 0") != std::string::npos);
    BOOST_TEST(answer.error().message().find("--timeout") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_does_not_read_is_given_up_too)
{
    auto command = command_of("config-test");
    command["arguments"] = std::string(std::size_t{4} << 20U, 'x');
    const FakeDaemon daemon(path, [](int socket) {
        // Ends when the client does.
        std::array<char, 1> byte{};
        while (::recv(socket, byte.data(), 0, MSG_PEEK) == 0 && ::send(socket, "", 0, MSG_NOSIGNAL) == 0) {
            std::this_thread::yield();
            if (::send(socket, " ", 1, MSG_NOSIGNAL) < 0) {
                return;
            }
        }
    });
    {
        auto client = Client::connect(path, 50ms);
        BOOST_REQUIRE(client.has_value());
        const auto answer = client->call(command);
        BOOST_REQUIRE(!answer.has_value());
        BOOST_TEST(answer.error().is(ETIMEDOUT));
    }
}

BOOST_AUTO_TEST_CASE(a_daemon_that_closes_while_it_is_sent_to_is_heard_out)
{
    auto command = command_of("x");
    command["arguments"] = std::string(std::size_t{4} << 20U, 'x');
    const auto answer = call(
        [](int socket) {
            hear(socket);
            say(socket, R"({"result":1,"text":"too large"})");
        },
        10s, command);
    BOOST_REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().message()));
    BOOST_TEST(answer->at("text") == "too large");
}

BOOST_AUTO_TEST_CASE(a_daemon_that_closes_without_an_answer_is_named)
{
    const auto answer = call(hear);
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(answer.error().message().find("no answer from keavrfd at " + path) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_no_json_is_told)
{
    const auto answer = call([](int socket) {
        hear(socket);
        say(socket, "HTTP/1.1 400 Bad Request\r\n");
    });
    BOOST_REQUIRE(!answer.has_value());
    BOOST_TEST(answer.error().message().find("gave an answer that cannot be read") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(says_what_to_do_when_the_daemon_cannot_be_reached)
{
    const auto missing = Client::connect(path, 1s);
    BOOST_REQUIRE(!missing.has_value());
    BOOST_TEST(missing.error().message() ==
               "cannot reach keavrfd at " + path +
                   ": No such file or directory (is keavrfd running, and not about to end? another --socket?)");
    std::ofstream(path) << "";
    const auto refused = Client::connect(path, 1s);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message().find("Connection refused (nobody listens there any more") !=
               std::string::npos);
    BOOST_TEST(!Client::connect(std::string(108, 'x'), 1s).has_value());
}

BOOST_AUTO_TEST_CASE(says_who_may_when_permission_is_denied)
{
    BOOST_TEST(
        connect_error("/s", EACCES, "keavrfd").message() ==
        "cannot reach keavrfd at /s: Permission denied (root and members of group keavrfd may: try sudo, or join "
        "that group)");
    BOOST_TEST(connect_error("/s", EACCES, "").message() ==
               "cannot reach keavrfd at /s: Permission denied (only root may: try sudo)");
    BOOST_TEST(connect_error("/s", EAGAIN, "").message() ==
               "cannot reach keavrfd at /s: it accepts no connection (it is busy, stopped or hung: look at its log)");
}

BOOST_AUTO_TEST_CASE(a_daemon_that_accepts_nobody_is_given_up)
{
    const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = keavrf::test::address_of(path);
    BOOST_REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    BOOST_REQUIRE(::listen(listener.get(), 0) == 0);
    const auto first = Client::connect(path, 1s);
    BOOST_TEST(first.has_value());
    const auto second = Client::connect(path, 30ms);
    BOOST_REQUIRE(!second.has_value());
    BOOST_TEST(second.error().message().find("it accepts no connection") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
