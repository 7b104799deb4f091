#include "control/command.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf::control;
namespace json = boost::json;

keavrf::Result<Command> parse(std::string_view text)
{
    return parse_command(json::parse(text).as_object());
}

struct BadCase {
    const char* text;
    const char* says;
};

} // namespace

BOOST_AUTO_TEST_SUITE(command)

BOOST_AUTO_TEST_CASE(reads_kea_s_own_form_with_our_vrf)
{
    const auto command = parse(R"({"command": "lease4-get", "service": ["dhcp4"], "vrf": "red",
                                   "arguments": {"ip-address": "10.0.0.1", "keep": true}, "keep-open": true})");
    BOOST_REQUIRE(command.has_value());
    BOOST_TEST(command->name == "lease4-get");
    BOOST_TEST(command->vrf.str() == "red");
    BOOST_REQUIRE(command->services.size() == 1U);
    BOOST_TEST(command->services[0] == "dhcp4");
    BOOST_TEST(*command->string_argument("ip-address") == "10.0.0.1");
    BOOST_TEST(!command->string_argument("keep").has_value());
    BOOST_TEST(!command->string_argument("none").has_value());
    BOOST_TEST(command->flag("keep"));
    BOOST_TEST(!command->flag("ip-address"));
    BOOST_TEST(!command->flag("none"));
    BOOST_TEST(command->keep_open);
}

BOOST_AUTO_TEST_CASE(takes_the_least_and_tells_missing_arguments_from_empty_ones)
{
    const auto least = parse(R"({"command": "version-get"})");
    BOOST_REQUIRE(least.has_value());
    BOOST_TEST(!least->arguments.has_value());
    BOOST_TEST(!least->flag("keep"));
    BOOST_TEST(least->vrf.empty());
    BOOST_TEST(!least->keep_open);
    BOOST_TEST(parse(R"({"command": "x", "arguments": {}})")->arguments.has_value());
    BOOST_TEST(parse(R"({"command": "x", "service": "dhcp6"})")->services.at(0) == "dhcp6");
    BOOST_TEST(parse(R"({"command": "x", "remote-address": "::1"})").has_value());
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_a_command)
{
    for (const auto& [text, says] : {
             BadCase{"{}", "'command' is missing"},
             BadCase{R"({"command": ""})", "'command' must be a string"},
             BadCase{R"({"command": 1})", "'command' must be a string"},
             BadCase{R"({"command": "x", "vrf": ""})", "'vrf' must be a string"},
             BadCase{R"({"command": "x", "vrf": ["red"]})", "'vrf' must be a string"},
             BadCase{R"({"command": "x", "service": 4})", "'service' must be"},
             BadCase{R"({"command": "x", "service": [4]})", "'service' must be"},
             BadCase{R"({"command": "x", "arguments": []})", "'arguments' must be a map"},
             BadCase{R"({"command": "x", "keep-open": 1})", "'keep-open' must be"},
             BadCase{R"({"command": "x", "argument": {}})", "unknown key 'argument' (known are command,"},
         }) {
        const auto command = parse(text);
        BOOST_REQUIRE_MESSAGE(!command.has_value(), text);
        BOOST_TEST(command.error().message().find(says) != std::string::npos, command.error().message());
    }
}

BOOST_AUTO_TEST_CASE(writes_what_it_reads_and_leaves_out_for_kea_what_kea_does_not_know)
{
    const auto* text = R"({"command":"x","arguments":{"a":[1,2]},"service":["dhcp4"],"vrf":"red","keep-open":true})";
    const auto command = parse(text);
    BOOST_REQUIRE(command.has_value());
    BOOST_TEST(json::serialize(to_json(*command)) == text);
    BOOST_TEST(json::serialize(to_kea_json(*command)) == R"({"command":"x","arguments":{"a":[1,2]}})");
    BOOST_TEST(json::serialize(to_kea_json(*parse(R"({"command":"x","vrf":"red"})"))) == R"({"command":"x"})");
}

BOOST_AUTO_TEST_CASE(answers_have_kea_s_result_codes)
{
    BOOST_TEST(json::serialize(make_response(ResultCode::success, "done")) == R"({"result":0,"text":"done"})");
    BOOST_TEST(json::serialize(make_error_response(keavrf::Error("no"))) == R"({"result":1,"text":"no"})");
    BOOST_TEST(json::serialize(make_unsupported_response("x")) ==
               R"({"result":2,"text":"'x' command not supported."})");
    json::object arguments;
    arguments["a"] = 1;
    BOOST_TEST(json::serialize(make_response(ResultCode::empty, "none", arguments)) ==
               R"({"result":3,"text":"none","arguments":{"a":1}})");
}

BOOST_AUTO_TEST_CASE(reads_answers_of_ours_and_of_kea)
{
    const auto read = [](std::string_view text) { return parse_response(json::parse(text).as_object()); };
    const auto full = read(R"({"result":0,"text":"done","arguments":{"a":1}})");
    BOOST_REQUIRE(full.has_value());
    BOOST_TEST(full->ok());
    BOOST_TEST(full->text == "done");
    BOOST_TEST(full->arguments->at("a") == 1);
    BOOST_TEST(read(R"({"result":5})")->result == 5);
    BOOST_TEST(!read(R"({"result":5})")->ok());
    BOOST_TEST(!read(R"({"text":"x"})").has_value());
    BOOST_TEST(!read(R"({"result":"0"})").has_value());
}

BOOST_AUTO_TEST_CASE(knows_which_commands_only_look)
{
    for (const auto* name :
         {"list-commands", "version-get", "status-get", "config-get", "config-test", "config-hash-get",
          "statistic-get-all", "lease4-get", "lease4-get-all", "lease4-get-by-hw-address", "subnet4-list",
          "subnet4-get", "reservation-get-page", "stat-lease4-get", "watch", "build-report", "server-tag-get"}) {
        BOOST_TEST(!changes_something(name), name);
    }
    for (const auto* name :
         {"stop", "config-reload", "config-set", "vrf-restart", "vrf-purge", "lease4-del", "lease4-add", "lease4-wipe",
          "dhcp-disable", "statistic-reset-all", "leases-reclaim", "unheard-of", ""}) {
        BOOST_TEST(changes_something(name), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
