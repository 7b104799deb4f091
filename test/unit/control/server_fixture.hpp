// A control server on a socket of its own, with a handler that does what the command's name says, and its clients.
#pragma once

#include "control/server.hpp"
#include "core/log.hpp"
#include "core/task_group.hpp"
#include "socket_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::test {

namespace json = boost::json;

struct TestHandler : control::Handler {
    asio::awaitable<json::object> async_handle(control::Command command) override
    {
        ++calls;
        if (command.name == "fail") {
            throw std::runtime_error("broken");
        }
        if (command.name == "abort") {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
        if (command.name == "wait") {
            co_await async_sleep(std::chrono::hours(1));
        }
        if (command.name == "join") { // takes something down before it goes
            TaskGroup tasks(co_await asio::this_coro::executor);
            tasks.spawn("sleeper", async_sleep(std::chrono::hours(1)));
            co_await tasks.async_join();
        }
        if (command.name == "large") {
            co_return make_response(control::ResultCode::success, std::string(std::size_t{8} << 20U, 'x'));
        }
        if (command.name == "peer") {
            co_return make_response(control::ResultCode::success, std::to_string(command.peer.pid));
        }
        co_return make_response(control::ResultCode::success, command.name);
    }
    [[nodiscard]] bool streams(const control::Command& command) const override { return command.name == "stream"; }
    asio::awaitable<json::object> async_stream(control::Command command, control::Writer* writer) override
    {
        for (int number = 0; number < 3; ++number) {
            auto part = make_response(control::ResultCode::success, std::to_string(number));
            const auto written = co_await writer->async_write(std::move(part));
            if (!written) {
                break;
            }
        }
        co_return make_response(control::ResultCode::success, command.name);
    }

    unsigned calls = 0;
};

inline control::Listener opened(const std::string& path)
{
    auto listener = control::open_listener(path, "");
    BOOST_REQUIRE(listener.has_value());
    return std::move(*listener);
}

// Server and clients in one thread: the server runs whenever a test waits for it.
struct ServerFixture {
    ServerFixture() { restart({}); }
    ServerFixture(const ServerFixture&) = delete;
    ServerFixture& operator=(const ServerFixture&) = delete;
    ~ServerFixture() { stop(); }

    void restart(control::ServerLimits limits)
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
            BOOST_REQUIRE(context.run_one_for(std::chrono::seconds(10)) > 0);
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
    const log::Capture capture{[this](const log::Record& record) { lines.push_back(log::format_text(record, "")); }};
    TemporaryFolder folder;
    asio::io_context context;
    TestHandler handler;
    std::optional<control::Server> server;
    std::optional<TaskGroup> tasks;
};

inline std::string text_of(const std::string& answer)
{
    return std::string(json::parse(answer).at("text").as_string());
}

inline const std::string success = R"({"result":0,"text":"a"})"
                                   "\n";

} // namespace keavrf::test
