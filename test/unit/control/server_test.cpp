#include "server_fixture.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

using namespace keavrf::test;

BOOST_FIXTURE_TEST_SUITE(server, ServerFixture)

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
    BOOST_TEST(text_of(waiting.received) == "keavrfd stops: 'wait' is given up before its end");
    BOOST_TEST(half.closed);
    BOOST_TEST(half.received.empty());
    BOOST_TEST(!std::filesystem::exists(folder.socket()));
}

BOOST_AUTO_TEST_CASE(stopping_ends_one_that_stays_open_whatever_its_command_has_to_take_down)
{
    RawClient client(folder.socket());
    client.send(R"({"command":"join","keep-open":true})");
    settle();
    BOOST_TEST(server->connections() == 1U);
    stop();
    client.poll();
    BOOST_TEST(client.closed);
    BOOST_TEST(text_of(client.received) == "keavrfd stops: 'join' is given up before its end");
    BOOST_TEST(lines.empty());
}

BOOST_AUTO_TEST_SUITE_END()
