#include "control/pass_through.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf::control;

Command parse(std::string_view text)
{
    return parse_command(boost::json::parse(text).as_object()).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(pass_through)

BOOST_AUTO_TEST_CASE(refuses_what_would_take_kea_out_of_our_hands_and_says_what_to_use)
{
    for (const auto* name :
         {"config-set", "config-reload", "config-write", "subnet4-add", "subnet6-update", "subnet4-del",
          "subnet4-delta-add", "network4-add", "network4-subnet-add", "class-add", "dhcp-disable"}) {
        const auto reason = kea_refusal(name);
        BOOST_REQUIRE_MESSAGE(reason.has_value(), name);
        BOOST_TEST(reason->starts_with("'" + std::string(name) + "' is not passed on to Kea: "));
        BOOST_TEST(reason->find("keavrfctl reload") != std::string::npos);
    }
    BOOST_TEST(kea_refusal("config-test")->find("keavrfctl check FILE") != std::string::npos);
    BOOST_TEST(kea_refusal("shutdown")->find("keavrfctl restart VRF") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lets_pass_what_is_the_operator_s_right)
{
    for (const auto* name :
         {"status-get", "config-get", "lease4-add", "lease4-wipe", "dhcp-enable", "reservation-add",
          "statistic-reset-all", "leases-reclaim", "subnet4-list", "subnet4-get", "class-list", "server-tag-get",
          "ha-heartbeat", "remote-subnet4-set", "build-report", "config-hash-get", "libreload", ""}) {
        BOOST_TEST(!kea_refusal(name).has_value(), name);
    }
}

BOOST_AUTO_TEST_CASE(a_vrf_means_its_kea_except_for_commands_of_ours)
{
    const auto to_kea = [](std::string_view text) { return destination(parse(text)) == Destination::kea; };
    BOOST_TEST(!to_kea(R"({"command": "status-get"})"));
    BOOST_TEST(to_kea(R"({"command": "status-get", "vrf": "red"})"));
    BOOST_TEST(to_kea(R"({"command": "shutdown", "vrf": "red"})"));
    BOOST_TEST(!to_kea(R"({"command": "vrf-restart", "vrf": "red"})"));
    BOOST_TEST(!to_kea(R"({"command": "vrf-purge", "vrf": "red"})"));
    BOOST_TEST(!to_kea(R"({"command": "watch", "vrf": "red"})"));
}

BOOST_AUTO_TEST_CASE(finds_the_vrf_that_a_command_of_ours_is_about)
{
    BOOST_TEST(target_vrf(parse(R"({"command": "vrf-restart", "vrf": "red"})"))->str() == "red");
    BOOST_TEST(target_vrf(parse(R"({"command": "vrf-restart", "arguments": {"vrf": "blue"}})"))->str() == "blue");
    for (const auto* text : {R"({"command": "vrf-restart"})", R"({"command": "vrf-restart", "arguments": {"vrf": ""}})",
                             R"({"command": "vrf-restart", "arguments": {"vrf": 1}})"}) {
        const auto vrf = target_vrf(parse(text));
        BOOST_REQUIRE(!vrf.has_value());
        BOOST_TEST(vrf.error().message().find("'vrf-restart' needs the name of a VRF") != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
