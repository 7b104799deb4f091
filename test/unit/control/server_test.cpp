#include "control/server.hpp"
#include "core/log.hpp"
#include "core/task_group.hpp"
#include "socket_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <stdexcept>

namespace {

using namespace keavrf::control;
using keavrf::test::RawClient;
using keavrf::test::TemporaryFolder;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace json = boost::json;

struct TestHandler : Handler {
    asio::awaitable<json::object> async_handle(Command command) override
    {
        ++calls;
        if (command.name == "fail") {
            throw std::runtime_error("broken");
        }
        if (command.name == "abort") {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
        if (command.name == "wait") {
            co_await keavrf::async_sleep(1h);
        }
        if (command.name == "large") {
            co_return make_response(ResultCode::success, std::string(std::size_t{8} << 20U, 'x'));
        }
        if (command.name == "peer") {
            co_return make_response(ResultCode::success, std::to_string(command.peer.pid));
        }
        co_return make_response(ResultCode::success, command.name);
    }
    [[nodiscard]] bool streams(const Command& command) const override { return command.name == "stream"; }
    asio::awaitable<json::object> async_stream(Command command, Writer* writer) override
    {
        for (int number = 0; number < 3; ++number) {
            auto part = make_response(ResultCode::success, std::to_string(number));
            const auto written = co_await writer->async_write(std::move(part));
            if (!written) {
                break;
            }
        }
        co_return make_response(ResultCode::success, command.name);
    }

    unsigned calls = 0;
};

Listener opened(const std::string& path)
{
    auto listener = open_listener(path, "");
    BOOST_REQUIRE(listener.has_value());
    return std::move(*listener);
}

// Server and clients in one thread: the server runs whenever a test waits for it.
struct Fixture {
    Fixture() { restart({}); }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture() { stop(); }

    void restart(ServerLimits limits)
    {
        stop();
        server.reset();
        server.emplace(context.get_executor(), opened(folder.socket()), handler, limits);
        tasks.emplace(context.get_executor());
        tasks->spawn("server", server->run());
    }
    void stop()
    {
        if (tasks) {
            tasks->stop();
            context.run();
            context.restart();
            BOOST_TEST(tasks->size() == 0U);
        }
    }
    void settle()
    {
        while (context.poll() > 0) {
        }
    }
    // Runs the server until the client has what it waits for; a test that waits in vain fails.
    template <class Condition>
    void run_until(RawClient& client, Condition condition)
    {
        settle();
        client.poll();
        while (!condition()) {
            BOOST_REQUIRE(context.run_one_for(10s) > 0);
            settle();
            client.poll();
        }
    }
    std::string answer_to(RawClient& client)
    {
        run_until(client, [&] { return client.closed; });
        return client.received;
    }
    std::string answer_to(std::string_view request)
    {
        RawClient client(folder.socket());
        BOOST_TEST(client.send(request) == request.size());
        return answer_to(client);
    }

    std::vector<std::string> lines;
    const keavrf::log::Capture capture{
        [this](const keavrf::log::Record& record) { lines.push_back(keavrf::log::format_text(record, "")); }};
    TemporaryFolder folder;
    asio::io_context context;
    TestHandler handler;
    std::optional<Server> server;
    std::optional<keavrf::TaskGroup> tasks;
};

std::string text_of(const std::string& answer)
{
    return std::string(json::parse(answer).at("text").as_string());
}

const std::string success = R"({"result":0,"text":"a"})"
                            "\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(server, Fixture)

BOOST_AUTO_TEST_CASE(answers_one_command_and_closes_as_kea_does)
{
    BOOST_TEST(answer_to(R"({"command":"a"})") == success);
    BOOST_TEST(answer_to("  {\"command\":\"a\"}\n") == success);
}

BOOST_AUTO_TEST_CASE(puts_a_command_together_wherever_it_is_split)
{
    const std::string request = R"({"command":"a","arguments":{"b":[1,{"c":"}"}]}})";
    for (std::size_t split = 0; split <= request.size(); ++split) {
        RawClient client(folder.socket());
        client.send(request.substr(0, split));
        settle();
        client.send(request.substr(split));
        BOOST_TEST(answer_to(client) == success);
    }
    RawClient client(folder.socket());
    for (const char byte : request) {
        client.send(std::string_view(&byte, 1));
        settle();
    }
    BOOST_TEST(answer_to(client) == success);
}

BOOST_AUTO_TEST_CASE(answers_commands_that_were_sent_in_one_go)
{
    const std::string request = R"({"command":"a"})";
    BOOST_TEST(answer_to(request + "\n" + request + request + "\n\n") == success + success + success);
    BOOST_TEST(handler.calls == 3U);
}

BOOST_AUTO_TEST_CASE(stays_open_for_who_asks_for_it)
{
    RawClient client(folder.socket());
    for (std::size_t round = 1; round <= 3; ++round) {
        client.send(R"({"command":"a","keep-open":true})");
        run_until(client, [&] { return client.received.size() >= round * success.size(); });
        BOOST_TEST(!client.closed);
    }
    client.send(R"({"command":"a"})");
    BOOST_TEST(answer_to(client) == success + success + success + success);
}

BOOST_AUTO_TEST_CASE(garbage_is_answered_with_a_reason)
{
    const std::vector<std::pair<std::string, std::string>> cases{
        {"hello\n", "bad command: expected a JSON object, which begins with '{'"},
        {"[]", "bad command: expected a JSON object, which begins with '{'"},
        {"{]", "bad command: not valid JSON at byte 1: syntax error"},
        {"{}", "bad command: 'command' is missing"},
        {R"({"command":1})", "bad command: 'command' must be a string that is not empty"},
    };
    for (const auto& [request, says] : cases) {
        RawClient client(folder.socket());
        client.send(request);
        client.finish();
        const auto answer = answer_to(client);
        BOOST_TEST(json::parse(answer).at("result") == 1);
        BOOST_TEST(text_of(answer).starts_with(says), answer);
    }
    BOOST_TEST(handler.calls == 0U);
    BOOST_TEST(answer_to(R"({"command":"a"})") == success);
}

BOOST_AUTO_TEST_CASE(an_oversized_request_is_refused_and_its_sender_gets_to_read_why)
{
    ServerLimits limits;
    limits.request_bytes = 1000;
    limits.large_request_bytes = 2000;
    restart(limits);
    RawClient client(folder.socket());
    const std::string request = R"({"command":"a","x":")" + std::string(std::size_t{1} << 20U, 'x') + "\"}";
    std::string_view rest = request;
    while (!rest.empty()) {
        rest.remove_prefix(client.send(rest));
        settle();
    }
    client.finish();
    BOOST_TEST(text_of(answer_to(client)) == "bad command: more than 1000 bytes in one JSON object");
}

BOOST_AUTO_TEST_CASE(a_configuration_to_test_may_be_larger)
{
    ServerLimits limits;
    limits.request_bytes = 1000;
    restart(limits);
    const auto padding = std::string(100000, 'x');
    const auto request = R"({"command":"config-test","arguments":{"config":")" + padding + "\"}}";
    BOOST_TEST(text_of(answer_to(request)) == "config-test");
}

BOOST_AUTO_TEST_CASE(a_slow_client_is_told_and_closed)
{
    ServerLimits limits;
    limits.read_timeout = 20ms;
    restart(limits);
    RawClient slow(folder.socket());
    slow.send(R"({"command":)");
    run_until(slow, [&] { return !slow.received.empty(); });
    BOOST_TEST(text_of(slow.received) == "no complete command within 20 ms (11 bytes so far)");
    RawClient silent(folder.socket());
    run_until(silent, [&] { return !silent.received.empty(); });
    BOOST_TEST(text_of(silent.received) == "no complete command within 20 ms (0 bytes so far)");
}

BOOST_AUTO_TEST_CASE(an_idle_connection_that_was_kept_open_is_closed_without_a_word)
{
    ServerLimits limits;
    limits.read_timeout = 20ms;
    restart(limits);
    RawClient client(folder.socket());
    client.send(R"({"command":"a","keep-open":true})");
    BOOST_TEST(answer_to(client) == success);
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_early_harms_nobody)
{
    for (const auto* request : {"", "{", R"({"command":)", R"({"command":"a"})", R"({"command":"wait"})",
                                R"({"command":"large"})", R"({"command":"stream"})"}) {
        RawClient client(folder.socket());
        client.send(request);
        client.close();
        settle();
        RawClient between(folder.socket());
        between.send(request);
        settle();
        between.close();
        settle();
    }
    BOOST_TEST(answer_to(R"({"command":"a"})") == success);
}

BOOST_AUTO_TEST_CASE(a_half_closed_connection_is_answered)
{
    RawClient whole(folder.socket());
    whole.send(R"({"command":"a"})");
    whole.finish();
    BOOST_TEST(answer_to(whole) == success);
    RawClient half(folder.socket());
    half.send(R"({"command":)");
    half.finish();
    BOOST_TEST(text_of(answer_to(half)) == "bad command: the JSON object ends too early, after 11 bytes");
    RawClient nothing(folder.socket());
    nothing.send(" \n");
    nothing.finish();
    BOOST_TEST(answer_to(nothing).empty());
}

BOOST_AUTO_TEST_CASE(connections_beyond_the_limit_are_told_and_the_others_are_served)
{
    ServerLimits limits;
    limits.connections = 4;
    restart(limits);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(std::make_unique<RawClient>(folder.socket()));
    }
    settle();
    RawClient fifth(folder.socket());
    BOOST_TEST(text_of(answer_to(fifth)) == "all 4 connections of the control channel are in use: try again");
    for (const auto& client : clients) {
        client->send(R"({"command":"a"})");
        BOOST_TEST(answer_to(*client) == success);
    }
    BOOST_TEST(answer_to(R"({"command":"a"})") == success);
}

BOOST_AUTO_TEST_CASE(many_connections_at_once_are_all_served)
{
    ServerLimits limits;
    limits.connections = 300;
    restart(limits);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 300; ++i) {
        clients.push_back(std::make_unique<RawClient>(folder.socket()));
        clients.back()->send(R"({"command":"a"})");
    }
    for (const auto& client : clients) {
        BOOST_TEST(answer_to(*client) == success);
    }
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_costs_an_answer_and_no_more)
{
    BOOST_TEST(answer_to(R"({"command":"fail"})") == "{\"result\":1,\"text\":\"'fail' failed: broken\"}\n");
    const auto aborted = answer_to(R"({"command":"abort"})");
    BOOST_TEST(json::parse(aborted).at("result") == 1);
    BOOST_TEST(answer_to(R"({"command":"a"})") == success);
    const auto reported = [](const std::string& line) { return line.find("control.handler") != std::string::npos; };
    BOOST_TEST(std::count_if(lines.begin(), lines.end(), reported) == 2);
}

BOOST_AUTO_TEST_CASE(a_stream_writes_several_objects)
{
    BOOST_TEST(answer_to(R"({"command":"stream"})") ==
               "{\"result\":0,\"text\":\"0\"}\n{\"result\":0,\"text\":\"1\"}\n"
               "{\"result\":0,\"text\":\"2\"}\n{\"result\":0,\"text\":\"stream\"}\n");
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_given_up)
{
    ServerLimits limits;
    limits.write_timeout = 20ms;
    restart(limits);
    RawClient client(folder.socket());
    client.send(R"({"command":"large"})");
    settle();
    while (server->connections() > 0) {
        BOOST_REQUIRE(context.run_one_for(10s) > 0);
    }
    BOOST_REQUIRE(!lines.empty());
    BOOST_TEST(lines.back().starts_with("debug vrf=- control.client-gone: the client did not read "), lines.back());
    BOOST_TEST(lines.back().find(" bytes within 20 ms pid=") != std::string::npos, lines.back());
}

BOOST_AUTO_TEST_CASE(a_large_answer_arrives_whole)
{
    RawClient client(folder.socket());
    client.send(R"({"command":"large"})");
    BOOST_TEST(text_of(answer_to(client)).size() == std::size_t{8} << 20U);
}

BOOST_AUTO_TEST_CASE(the_handler_learns_who_asks_and_changes_are_logged)
{
    BOOST_TEST(text_of(answer_to(R"({"command":"peer","vrf":"red"})")) == std::to_string(::getpid()));
    BOOST_TEST(text_of(answer_to(R"({"command":"status-get"})")) == "status-get");
    BOOST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(lines[0] == "info  vrf=red control.command: answered a command of the control channel command=peer "
                           "result=0 uid=" +
                               std::to_string(::getuid()) + " gid=" + std::to_string(::getgid()) +
                               " pid=" + std::to_string(::getpid()));
}

BOOST_AUTO_TEST_CASE(stopping_ends_commands_in_flight_and_removes_the_socket)
{
    RawClient waiting(folder.socket());
    waiting.send(R"({"command":"wait"})");
    RawClient half(folder.socket());
    half.send("{");
    settle();
    BOOST_TEST(server->connections() == 2U);
    stop();
    tasks.reset();
    server.reset();
    waiting.poll();
    half.poll();
    BOOST_TEST(waiting.closed);
    BOOST_TEST(half.closed);
    BOOST_TEST(!std::filesystem::exists(folder.socket()));
}

BOOST_AUTO_TEST_SUITE_END()
