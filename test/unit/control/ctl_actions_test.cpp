#include "control/server.hpp"
#include "core/log.hpp"
#include "core/task_group.hpp"
#include "keavrfctl/actions.hpp"
#include "socket_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <map>
#include <sstream>
#include <thread>

namespace {

using namespace keavrf::ctl;
using namespace keavrf::control;
using keavrf::test::TemporaryFolder;
namespace asio = boost::asio;
namespace json = boost::json;

// Answers by the command as it was sent.
struct ScriptedHandler : Handler {
    asio::awaitable<json::object> async_handle(Command command) override
    {
        const auto sent = json::serialize(to_json(command));
        const auto answer = answers.find(sent);
        heard.push_back(sent);
        while (silent) {
            co_await keavrf::async_sleep(std::chrono::hours(1));
        }
        if (answer == answers.end()) {
            co_return make_unsupported_response(command.name);
        }
        co_return json::parse(answer->second).as_object();
    }
    std::map<std::string, std::string> answers;
    std::vector<std::string> heard;
    bool silent = false;
};

struct Run {
    int code = 0;
    std::string out;
    std::string error;
};

Options options_of(std::vector<const char*> words)
{
    words.insert(words.begin(), "keavrfctl");
    auto parsed = parse_options(static_cast<int>(words.size()), words.data(), "1");
    BOOST_REQUIRE(std::holds_alternative<Options>(parsed));
    return std::get<Options>(parsed);
}

// A real server in a thread of its own, as long as keavrfctl runs.
struct Fixture {
    Run run_words(const std::vector<const char*>& words)
    {
        const keavrf::log::Capture quiet([](const keavrf::log::Record&) {});
        asio::io_context context;
        auto listener = open_listener(folder.socket(), "");
        BOOST_REQUIRE(listener.has_value());
        Server server(context.get_executor(), std::move(*listener), handler);
        keavrf::TaskGroup tasks(context.get_executor());
        tasks.spawn("server", server.run());
        std::thread thread([&context] { context.run(); });
        auto options = options_of(words);
        options.socket = folder.socket();
        std::ostringstream out;
        std::ostringstream error;
        const int code = run(options, {out, error, {}, "1.2.3"});
        asio::post(context, [&tasks] { tasks.stop(); });
        thread.join();
        return {code, out.str(), error.str()};
    }

    TemporaryFolder folder;
    ScriptedHandler handler;
};

const std::string status_command = R"({"command":"status-get","arguments":{"leases":true}})";
const std::string status_answer = R"({"result":0,"text":"","arguments":{"version":"0.1.0","instances":[)"
                                  R"({"vrf":"red","state":"serving"},{"vrf":"blue","state":"waiting"}]}})";
const std::string statistics_command = R"({"command":"statistic-get-all"})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(ctl_actions, Fixture)

BOOST_AUTO_TEST_CASE(status_prints_all_or_one_or_json)
{
    handler.answers[status_command] = status_answer;
    const auto all = run_words({"status"});
    BOOST_TEST(all.code == 0);
    BOOST_TEST(all.out.find("1 serving, 1 waiting") != std::string::npos);
    BOOST_TEST(run_words({"status", "blue"}).out.starts_with("VRF:        blue\nState:      waiting"));
    BOOST_TEST(run_words({"status", "--json"}).out == status_answer + "\n");
    BOOST_TEST(run_words({"status", "red", "--json"}).out ==
               R"({"result":0,"text":"","arguments":{"version":"0.1.0","instances":[{"vrf":"red","state":"serving"}]}})"
               "\n");
}

BOOST_AUTO_TEST_CASE(an_unknown_vrf_is_told_with_those_known)
{
    handler.answers[status_command] = status_answer;
    const auto result = run_words({"status", "green"});
    BOOST_TEST(result.code == 1);
    BOOST_TEST(result.out.empty());
    BOOST_TEST(result.error == "keavrfctl: keavrfd serves no VRF called 'green' (it knows red, blue)\n");
}

BOOST_AUTO_TEST_CASE(what_fails_is_a_sentence_on_stderr_or_with_json_an_object_on_stdout)
{
    handler.answers[status_command] = status_answer;
    for (const auto& words : {std::vector<const char*>{"status", "green"},
                              {"kea", "green", "status-get"},
                              {"restart", "green"},
                              {"stats", "red"},
                              {"leases", "green"},
                              {"reload"},
                              {"version"}}) {
        const auto text = run_words(words);
        BOOST_TEST(text.code == 1);
        BOOST_TEST(text.out.find('{') == std::string::npos, text.out);
        BOOST_TEST(text.error.starts_with("keavrfctl: "), text.error);
        auto with_json = words;
        with_json.push_back("--json");
        const auto object = run_words(with_json);
        BOOST_TEST(object.code == 1);
        BOOST_TEST(object.error.empty(), object.error);
        BOOST_TEST(json::parse(object.out).at("result") != 0);
        BOOST_TEST(!json::parse(object.out).at("text").as_string().empty());
    }
}

BOOST_AUTO_TEST_CASE(a_keavrfd_that_cannot_be_reached_is_told_in_the_same_way)
{
    auto options = options_of({"status", "--json"});
    options.socket = folder.socket();
    std::ostringstream out;
    std::ostringstream error;
    BOOST_TEST(run(options, {out, error, {}, "1.2.3"}) == 1);
    BOOST_TEST(error.str().empty());
    BOOST_TEST(json::parse(out.str()).at("text").as_string().starts_with("cannot reach keavrfd at "));
}

BOOST_AUTO_TEST_CASE(a_failed_reload_prints_every_error_and_exits_with_1)
{
    handler.answers[R"({"command":"config-reload"})"] =
        R"({"result":1,"text":"nothing changed","arguments":{"errors":["a.yaml:1:2: vrfs: bad\u001b","a.yaml:3:4: x"]}})";
    const auto result = run_words({"reload"});
    BOOST_TEST(result.code == 1);
    BOOST_TEST(result.out.empty());
    BOOST_TEST(result.error == "keavrfctl: nothing changed\na.yaml:1:2: vrfs: bad\\x1B\na.yaml:3:4: x\n");
    const auto as_json = run_words({"reload", "--json"});
    BOOST_TEST(as_json.code == 1);
    BOOST_TEST(json::parse(as_json.out).at("result") == 1);
}

BOOST_AUTO_TEST_CASE(whoever_gives_a_reload_up_is_told_that_it_goes_on)
{
    handler.silent = true;
    const auto reload = run_words({"reload", "--timeout", "0.2"});
    BOOST_TEST(reload.code == 1);
    BOOST_TEST(reload.error.find("did not answer within 0.2 s") != std::string::npos);
    BOOST_TEST(reload.error.find("the reload goes on") != std::string::npos);
    BOOST_TEST(run_words({"status", "--timeout", "0.2"}).error.find("reload") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(sends_what_each_command_means)
{
    const auto absolute = (std::filesystem::current_path() / "a.yaml").string();
    const std::vector<std::pair<std::vector<const char*>, std::string>> cases{
        {{"reload"}, R"({"command":"config-reload"})"},
        {{"check", "x/../a.yaml"}, R"({"command":"config-test","arguments":{"file":")" + absolute + "\"}}"},
        {{"check", "/etc/a.yaml"}, R"({"command":"config-test","arguments":{"file":"/etc/a.yaml"}})"},
        {{"restart", "red"}, R"({"command":"vrf-restart","arguments":{"vrf":"red"}})"},
        {{"stop"}, R"({"command":"stop","arguments":{"keep":false}})"},
        {{"stop", "--keep"}, R"({"command":"stop","arguments":{"keep":true}})"},
    };
    for (const auto& [words, command] : cases) {
        handler.answers[command] = R"({"result":0,"text":"done"})";
        const auto result = run_words(words);
        BOOST_TEST(result.code == 0);
        BOOST_TEST(result.out == "done\n");
        BOOST_TEST(handler.heard.back() == command);
    }
}

BOOST_AUTO_TEST_CASE(kea_commands_are_passed_and_their_answers_shown)
{
    const std::string command = R"({"command":"lease4-get","arguments":{"a":1},"service":["dhcp6"],"vrf":"red"})";
    handler.answers[command] = R"({"result":0,"text":"found","arguments":{"b":2}})";
    const std::vector<const char*> words{"kea", "red", "lease4-get", R"({"a":1})", "--service", "dhcp6"};
    const auto result = run_words(words);
    BOOST_TEST(result.code == 0);
    BOOST_TEST(result.out == "{\n  \"result\": 0,\n  \"text\": \"found\",\n  \"arguments\": {\n    \"b\": 2\n  }\n}\n");
    const auto refused = run_words({"kea", "red", "none", "--json"});
    BOOST_TEST(refused.code == 1);
    BOOST_TEST(refused.out == "{\"result\":2,\"text\":\"'none' command not supported.\"}\n");
}

BOOST_AUTO_TEST_CASE(statistics_of_one_vrf_are_ours_and_its_kea_s)
{
    handler.answers[statistics_command] =
        R"({"result":0,"arguments":{"vrf[red].messages-in":[[5,"t"]],"vrf[blue].messages-in":[[6,"t"]]}})";
    handler.answers[R"({"command":"statistic-get-all","vrf":"red"})"] =
        R"({"result":0,"arguments":{"pkt4-received":[[7,"t"]]}})";
    BOOST_TEST(run_words({"stats"}).out == "STATISTIC              VALUE\nvrf[red].messages-in       5\n"
                                           "vrf[blue].messages-in      6\n");
    BOOST_TEST(run_words({"stats", "red"}).out ==
               "STATISTIC             VALUE\nvrf[red].messages-in      5\npkt4-received             7\n");
    BOOST_TEST(json::parse(run_words({"stats", "red", "--json"}).out).at("arguments").as_object().size() == 2U);
    BOOST_TEST(run_words({"stats", "green"}).code == 1);
}

BOOST_AUTO_TEST_CASE(where_there_is_no_kea_ours_are_shown_with_the_reason)
{
    handler.answers[statistics_command] = R"({"result":0,"arguments":{"vrf[red].restarts":[[5,"t"]]}})";
    handler.answers[R"({"command":"statistic-get-all","vrf":"red"})"] =
        R"({"result":1,"text":"vrf red: kea-dhcp4 does not run"})";
    const auto shown = run_words({"stats", "red"});
    BOOST_TEST(shown.code == 1);
    BOOST_TEST(shown.out == "STATISTIC          VALUE\nvrf[red].restarts      5\n");
    BOOST_TEST(shown.error.find("kea-dhcp4 does not run") != std::string::npos, shown.error);
    const auto machine = run_words({"stats", "red", "--json"});
    BOOST_TEST(machine.code == 1);
    BOOST_TEST(machine.out == R"({"result":1,"text":"vrf red: kea-dhcp4 does not run",)"
                              R"("arguments":{"vrf[red].restarts":[[5,"t"]]}})"
                              "\n");
}

BOOST_AUTO_TEST_CASE(leases_are_fetched_page_by_page)
{
    const auto page = [](const std::string& from) {
        return R"({"command":"lease4-get-page","arguments":{"from":")" + from + R"(","limit":1000},"vrf":"red"})";
    };
    json::array first;
    for (int i = 0; i < 1000; ++i) {
        json::object lease;
        lease["ip-address"] = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
        first.emplace_back(std::move(lease));
    }
    const std::string full = R"({"result":0,"arguments":{"leases":)" + json::serialize(first) + "}}";
    handler.answers[page("start")] = full;
    handler.answers[page("10.0.3.249")] = R"({"result":0,"arguments":{"leases":[{"ip-address":"10.9.9.9"}]}})";
    const auto result = run_words({"leases", "red", "--json"});
    BOOST_TEST(result.code == 0);
    BOOST_TEST(json::parse(result.out).at("arguments").at("leases").as_array().size() == 1001U);
    handler.answers[page("10.0.3.249")] = R"({"result":3,"text":"0 IPv4 lease(s) found."})";
    BOOST_TEST(json::parse(run_words({"leases", "red", "--json"}).out).at("arguments").at("leases").as_array().size() ==
               1000U);
    handler.answers[page("start")] = R"({"result":3,"text":"0 IPv4 lease(s) found."})";
    const auto none = run_words({"leases", "red"});
    BOOST_TEST(none.code == 0);
    BOOST_TEST(none.out == "no leases\n");
}

BOOST_AUTO_TEST_CASE(a_kea_without_lease_commands_is_explained)
{
    const auto result = run_words({"leases", "red"});
    BOOST_TEST(result.code == 1);
    BOOST_TEST(result.error.find("libdhcp_lease_cmds.so") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(versions_of_both_programs_are_printed)
{
    handler.answers[R"({"command":"version-get"})"] = R"({"result":0,"text":"keavrfd 0.1.0, Kea 2.2.0"})";
    const auto result = run_words({"version"});
    BOOST_TEST(result.code == 0);
    BOOST_TEST(result.out == "keavrfctl 1.2.3\nkeavrfd 0.1.0, Kea 2.2.0\n");
}

BOOST_AUTO_TEST_CASE(without_a_daemon_it_says_where_it_looked)
{
    auto options = options_of({"version"});
    options.socket = folder.socket();
    std::ostringstream out;
    std::ostringstream error;
    BOOST_TEST(run(options, {out, error, {}, "1.2.3"}) == 1);
    BOOST_TEST(out.str() == "keavrfctl 1.2.3\n");
    BOOST_TEST(error.str() ==
               "keavrfctl: cannot reach keavrfd at " + folder.socket() +
                   ": No such file or directory (is keavrfd running, and not about to end? another --socket?)\n");
}

BOOST_AUTO_TEST_SUITE_END()
