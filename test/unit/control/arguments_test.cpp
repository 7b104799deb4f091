#include "control/arguments.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf::control;

std::string fault(std::string_view text)
{
    const auto command = parse_command(boost::json::parse(text).as_object());
    BOOST_REQUIRE(command.has_value());
    return argument_fault(*command).value_or("");
}

struct Case {
    const char* command;
    const char* fault;
};

} // namespace

BOOST_AUTO_TEST_SUITE(arguments)

BOOST_AUTO_TEST_CASE(one_that_nobody_looks_at_or_of_another_type_is_named)
{
    for (const auto& [command, says] : {
             Case{R"({"command": "stop", "arguments": {"keeep": true}})",
                  "stop: unknown argument 'keeep' (it takes 'keep'); nothing was done"},
             Case{R"({"command": "stop", "arguments": {"keep": "yes"}})",
                  "stop: the argument 'keep' must be true or false; nothing was done"},
             Case{R"({"command": "stop", "arguments": {"keep": true, "fast": true}})",
                  "stop: unknown argument 'fast' (it takes 'keep'); nothing was done"},
             Case{R"({"command": "config-test", "arguments": {"path": "/proc/self/mem"}})",
                  "config-test: unknown argument 'path' (it takes 'file'); nothing was done"},
             Case{R"({"command": "config-test", "arguments": {"file": 4}})",
                  "config-test: the argument 'file' must be a string; nothing was done"},
             Case{R"({"command": "status-get", "arguments": {"vrf": 5}})",
                  "status-get: unknown argument 'vrf' (it takes 'leases'); nothing was done"},
             Case{R"({"command": "status-get", "arguments": {"leases": null}})",
                  "status-get: the argument 'leases' must be true or false; nothing was done"},
             Case{R"({"command": "statistic-get-all", "arguments": {"vrf": "nosuch"}})",
                  "statistic-get-all: unknown argument 'vrf' (it takes none); nothing was done"},
             Case{R"({"command": "vrf-restart", "arguments": {"vrf": ["red"]}})",
                  "vrf-restart: the argument 'vrf' must be a string; nothing was done"},
         }) {
        BOOST_TEST(fault(command) == says);
    }
}

BOOST_AUTO_TEST_CASE(what_is_in_order_or_not_ours_is_let_through)
{
    for (const auto* command : {
             R"({"command": "stop"})",
             R"({"command": "stop", "arguments": {}})",
             R"({"command": "stop", "arguments": {"keep": false}})",
             R"({"command": "status-get", "arguments": {"leases": true}})",
             R"({"command": "config-test", "arguments": {"file": "/a"}})",
             R"({"command": "vrf-restart", "arguments": {"vrf": "red"}})",
             R"({"command": "statistic-get", "arguments": {"name": 1}})",
         }) {
        BOOST_TEST(fault(command).empty(), command);
    }
}

BOOST_AUTO_TEST_SUITE_END()
