// What clients may ask of the control server: sizes, times, numbers, and what becomes of those who leave.
#include "server_fixture.hpp"

#include <filesystem>
#include <iterator>
#include <memory>

using namespace keavrf::test;
using keavrf::control::ServerLimits;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(server_limits, ServerFixture)

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

BOOST_AUTO_TEST_CASE(where_all_connections_are_in_use_the_one_that_has_been_idle_for_longest_goes_for_a_newcomer)
{
    ServerLimits limits;
    limits.connections = 4;
    limits.connections_of_root = 0;
    restart(limits);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (const auto* request : {"", R"({"command":"wait"})", R"({"command":"a","keep-open":true})", "{"}) {
        clients.push_back(std::make_unique<RawClient>(folder.socket()));
        settle();
        clients.back()->send(request);
        settle();
    }
    BOOST_TEST(answer_to(R"({"command":"a"})") == success);
    BOOST_TEST(text_of(answer_to(*clients[0])).starts_with("this connection asked nothing for longest"));
    settle();
    BOOST_TEST(server->connections() == 3U);
    // There is room for one more; then the third goes, which was answered before the fourth came with half a request.
    RawClient fifth(folder.socket());
    fifth.send(R"({"command":"wait"})");
    settle();
    RawClient sixth(folder.socket());
    sixth.send(R"({"command":"wait"})");
    settle();
    clients[2]->poll();
    BOOST_TEST(clients[2]->received.starts_with(success));
    BOOST_TEST(clients[2]->closed);
    RawClient seventh(folder.socket());
    seventh.send(R"({"command":"wait"})");
    BOOST_TEST(text_of(answer_to(*clients[3])).starts_with("this connection asked nothing for longest"));
    // All are served now.
    RawClient eighth(folder.socket());
    BOOST_TEST(text_of(answer_to(eighth)) == "all 4 connections of the control channel are in use: try again");
    clients[1]->poll();
    BOOST_TEST(!clients[1]->closed);
    BOOST_TEST(server->connections() == 4U);
}

BOOST_AUTO_TEST_CASE(a_flood_of_connections_that_ask_nothing_keeps_nobody_out_and_leaves_no_descriptor)
{
    const auto descriptors = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator());
    };
    settle();
    const auto before = descriptors();
    const auto most = ServerLimits().connections + ServerLimits().connections_of_root;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 300; ++i) {
        clients.push_back(std::make_unique<RawClient>(folder.socket()));
        settle();
        BOOST_TEST(server->connections() <= most);
    }
    BOOST_TEST(answer_to(R"({"command":"a"})") == success);
    clients.clear();
    settle();
    BOOST_TEST(server->connections() == 0U);
    BOOST_TEST(descriptors() == before);
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

BOOST_AUTO_TEST_SUITE_END()
