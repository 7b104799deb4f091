#include "core/task_group.hpp"
#include "kea/control_channel.hpp"
#include "kea/reply.hpp"
#include "support/await.hpp"
#include "temporary_folder.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>

namespace {

using keavrf::as_result;
using keavrf::TaskGroup;
using keavrf::kea::ControlChannel;
using keavrf::test::await;
using keavrf::test::TemporaryFolder;
namespace asio = boost::asio;
namespace json = boost::json;
using Protocol = asio::local::stream_protocol;
using namespace std::chrono_literals;

// Kea's part: takes one connection, keeps what was asked, answers with the pieces given, and closes.
struct FakeKea {
    FakeKea(asio::io_context& context, const std::string& path) : acceptor(context, Protocol::endpoint(path)) {}

    asio::awaitable<void> serve(std::vector<std::string> pieces, bool close_after)
    {
        Protocol::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
        std::string buffer(65536, '\0');
        while (!request) {
            const auto count = co_await socket.async_read_some(asio::buffer(buffer), asio::use_awaitable);
            received.append(buffer, 0, count);
            boost::system::error_code incomplete;
            const auto value = json::parse(received, incomplete);
            if (!incomplete) {
                request = value;
            }
        }
        for (const auto& piece : pieces) {
            const auto [error, count] = co_await asio::async_write(socket, asio::buffer(piece), as_result);
            if (error) {
                co_return;
            }
        }
        if (!close_after) {
            co_await keavrf::async_sleep(1h);
        }
    }

    Protocol::acceptor acceptor;
    std::string received;
    std::optional<json::value> request;
};

// A Kea that was asked too early: it has the connection, and looks at it when another comes.
asio::awaitable<void> answer_at_the_second(Protocol::acceptor* acceptor, unsigned* connections)
{
    Protocol::socket first = co_await acceptor->async_accept(asio::use_awaitable);
    ++*connections;
    Protocol::socket second = co_await acceptor->async_accept(asio::use_awaitable);
    ++*connections;
    const std::string answer = R"({"result": 0})";
    co_await asio::async_write(first, asio::buffer(answer), asio::use_awaitable);
    first.close();
    Protocol::socket third = co_await acceptor->async_accept(asio::use_awaitable);
    ++*connections;
}

struct Fixture : TemporaryFolder {
    keavrf::Result<json::value> ask(std::vector<std::string> pieces, bool close_after = true,
                                    std::chrono::milliseconds timeout = 60s, json::object arguments = {},
                                    const std::string& command = "status-get")
    {
        const auto socket = path("kea.sock");
        std::filesystem::remove(socket);
        kea.emplace(context, socket);
        TaskGroup tasks(context.get_executor());
        tasks.spawn("kea", kea->serve(std::move(pieces), close_after));
        const ControlChannel channel(socket);
        auto reply = await(context, channel.async_command(command, std::move(arguments), timeout));
        tasks.stop();
        await(context, tasks.async_join());
        return reply;
    }

    std::string failure(std::vector<std::string> pieces, bool close_after = true,
                        std::chrono::milliseconds timeout = 60s, const std::string& command = "status-get")
    {
        const auto reply = ask(std::move(pieces), close_after, timeout, {}, command);
        BOOST_REQUIRE(reply.has_error());
        const auto prefix = "Kea's control channel " + path("kea.sock") + ": ";
        BOOST_TEST(reply.error().message().starts_with(prefix));
        return reply.error().message().substr(prefix.size());
    }

    asio::io_context context;
    std::optional<FakeKea> kea;
};

asio::awaitable<keavrf::Result<json::value>> ask_starting_and_look_again(ControlChannel channel)
{
    auto reply = co_await channel.async_ask_starting(60s);
    co_await keavrf::async_sleep(100ms); // for what should not come
    co_return reply;
}

asio::awaitable<void> ask_and_forget(ControlChannel channel)
{
    co_await channel.async_command("status-get");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(kea_control_channel, Fixture)

BOOST_AUTO_TEST_CASE(sends_the_command_in_keas_form)
{
    BOOST_TEST(ask({R"({"result": 0})"}).has_value());
    BOOST_TEST(json::serialize(kea->request.value()) == R"({"command":"status-get"})");
    BOOST_TEST(ask({R"({"result": 0})"}, true, 60s, json::object{{"subnet-id", 5}}).has_value());
    BOOST_TEST(json::serialize(kea->request.value()) == R"({"command":"status-get","arguments":{"subnet-id":5}})");
}

BOOST_AUTO_TEST_CASE(gives_the_answer_as_it_came_also_a_failure)
{
    const auto reply = ask({R"([{"result": 1, "text": "no"}])"});
    BOOST_REQUIRE(reply.has_value());
    BOOST_TEST(keavrf::kea::reply_result(*reply) == 1);
    BOOST_TEST(keavrf::kea::reply_text(*reply) == "no");
}

BOOST_AUTO_TEST_CASE(an_answer_may_come_in_pieces_and_the_connection_may_stay_open)
{
    const auto reply = ask({R"({"resu)", R"(lt": 0, "te)", R"(xt": "fine"})"}, false);
    BOOST_REQUIRE(reply.has_value());
    BOOST_TEST(keavrf::kea::reply_text(*reply) == "fine");
}

BOOST_AUTO_TEST_CASE(large_commands_and_answers_pass)
{
    const std::string large(3U << 20U, 'x');
    const auto reply =
        ask({R"({"result": 0, "text": ")" + large + "\"}"}, true, 60s, json::object{{"text", large}}, "config-get");
    BOOST_REQUIRE(reply.has_value());
    BOOST_TEST(keavrf::kea::reply_text(*reply).size() == large.size());
    BOOST_TEST(kea->request->at("arguments").at("text").as_string().size() == large.size());
}

BOOST_AUTO_TEST_CASE(each_way_to_fail_has_its_sentence)
{
    BOOST_TEST(failure({}) == "the connection was closed before the whole answer had come");
    BOOST_TEST(failure({R"({"result": )"}) == "the connection was closed before the whole answer had come");
    BOOST_TEST(failure({"hello"}).starts_with("the answer is not JSON: "));
    BOOST_TEST(failure({std::string(1000, '[')}).starts_with("the answer is not JSON: "));
    BOOST_TEST(failure({}, false, 20ms) == "no answer in time: Connection timed out");
}

BOOST_AUTO_TEST_CASE(an_answer_costs_no_more_than_its_command_may)
{
    struct Case {
        const char* command;
        std::string text;
        const char* refusal; // null: taken
    };
    const auto words = [](std::size_t kilobytes) { return "[\"" + std::string(kilobytes << 10U, 'x'); };
    const auto many = [](const std::string& piece, std::size_t kilobytes) {
        std::string text("[");
        while (text.size() < kilobytes << 10U) {
            text += piece;
        }
        return text;
    };
    const std::vector<Case> cases{{"status-get", words(60) + "\"]", nullptr},
                                  {"status-get", words(65), "is larger than 64 KiB"},
                                  {"config-set", words(65), "is larger than 64 KiB"},
                                  {"config-test", many("{\"a\":[0]},", 60), "takes more than 1 MiB of memory"},
                                  {"statistic-get-all", words(4000) + "\"]", nullptr},
                                  {"lease4-get-page", words(4097), "is larger than 4 MiB"},
                                  {"statistic-get-all", many("0,", 4000), "takes more than 16 MiB of memory"},
                                  {"config-get", words(16000) + "\"]", nullptr},
                                  {"config-get", words(16385), "is larger than 16 MiB"},
                                  {"lease4-get-all", many("[],", 16000), "takes more than 64 MiB of memory"}};
    for (const auto& [command, text, refusal] : cases) {
        BOOST_TEST_CONTEXT(command << ", " << text.size() << " bytes of " << text.substr(0, 12))
        {
            const auto reply = ask({text}, false, 60s, {}, command);
            BOOST_TEST(reply.has_value() == (refusal == nullptr));
            if (refusal != nullptr && !reply) {
                BOOST_TEST(reply.error().is(EMSGSIZE));
                BOOST_TEST(reply.error().message().find(refusal) != std::string::npos, reply.error().message());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_was_read_can_be_worked_with)
{
    auto reply = ask({"[\"" + std::string(60U << 10U, 'x') + "\"]"});
    BOOST_REQUIRE(reply.has_value());
    for (int i = 0; i < 100'000; ++i) {
        reply->as_array().emplace_back("no part of the answer any more");
    }
    BOOST_TEST(reply->as_array().size() == 100'001U);
}

BOOST_AUTO_TEST_CASE(a_socket_that_nobody_serves_or_that_is_missing_is_told)
{
    const auto socket = path("kea.sock");
    const ControlChannel channel(socket);
    auto reply = await(context, channel.async_command("status-get"));
    BOOST_TEST(reply.error().is(ENOENT));
    BOOST_TEST(reply.error().message() ==
               "Kea's control channel " + socket + ": no control socket: No such file or directory");
    {
        const Protocol::acceptor closed(context, Protocol::endpoint(socket));
    }
    reply = await(context, channel.async_command("status-get"));
    BOOST_TEST(reply.error().is(ECONNREFUSED));
    append("file", "");
    reply = await(context, ControlChannel(path("file")).async_command("status-get"));
    BOOST_TEST(reply.error().is(ENOTSOCK));
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_socket_is_not_followed)
{
    const Protocol::acceptor other(context, Protocol::endpoint(path("other.sock")));
    std::filesystem::create_symlink(path("other.sock"), path("kea.sock"));
    const auto reply = await(context, ControlChannel(path("kea.sock")).async_command("status-get"));
    BOOST_REQUIRE(reply.has_error());
    BOOST_TEST(reply.error().is(ENOTSOCK));
}

BOOST_AUTO_TEST_CASE(a_path_longer_than_a_socket_address_works)
{
    const auto folder = path(std::string(150, 'd'));
    std::filesystem::create_directory(folder);
    FakeKea server(context, path("short.sock"));
    std::filesystem::rename(path("short.sock"), folder + "/kea.sock");
    TaskGroup tasks(context.get_executor());
    tasks.spawn("kea", server.serve({R"({"result": 0})"}, true));
    const auto reply = await(context, ControlChannel(folder + "/kea.sock").async_command("status-get"));
    BOOST_TEST(reply.has_value());
    tasks.stop();
    await(context, tasks.async_join());
}

BOOST_AUTO_TEST_CASE(one_that_starts_and_does_not_answer_is_knocked_at_once)
{
    unsigned connections = 0;
    Protocol::acceptor acceptor(context, Protocol::endpoint(path("kea.sock")));
    TaskGroup tasks(context.get_executor());
    tasks.spawn("kea", answer_at_the_second(&acceptor, &connections));
    const ControlChannel channel(path("kea.sock"));
    const auto reply = await(context, ask_starting_and_look_again(channel));
    BOOST_REQUIRE(reply.has_value());
    BOOST_TEST(keavrf::kea::reply_result(*reply) == 0);
    BOOST_TEST(connections == 2U);
    tasks.stop();
    await(context, tasks.async_join());
}

BOOST_AUTO_TEST_CASE(a_cancelled_command_unwinds)
{
    const Protocol::acceptor silent(context, Protocol::endpoint(path("kea.sock")));
    TaskGroup tasks(context.get_executor());
    tasks.spawn("ask", ask_and_forget(ControlChannel(path("kea.sock"))));
    context.restart();
    context.poll();
    BOOST_TEST(tasks.size() == 1U);
    tasks.stop();
    await(context, tasks.async_join());
    BOOST_TEST(tasks.failed_task().empty());
}

BOOST_AUTO_TEST_SUITE_END()
