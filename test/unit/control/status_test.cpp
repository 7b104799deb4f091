#include "control/status.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf::control;
using namespace std::chrono_literals;
namespace json = boost::json;

DaemonStatus full_status()
{
    InstanceStatus red;
    red.vrf = keavrf::VrfName("red");
    red.state = "serving";
    red.since = 61s;
    red.warnings = {"interface eth2: no address"};
    red.slot = keavrf::Slot(3);
    red.network_namespace = "keavrf-red";
    red.kea = keavrf::ProcessId(42);
    red.restarts = 1;
    red.ports.push_back({"eth1", keavrf::InterfaceIndex(7), keavrf::Ipv4Address(0x0a000001), true, ""});
    red.ports.push_back({"eth2", keavrf::InterfaceIndex(8), std::nullopt, false, "no address"});
    red.subnets = {"10.0.0.0/24", "10.0.1.0/24"};
    red.leases = 12;
    red.messages_in = 18446744073709551615U;
    red.messages_out = 5;
    red.drops = {{"hops", 2}, {"malformed", 1}};
    red.option82_overflow = 4;
    InstanceStatus blue;
    blue.vrf = keavrf::VrfName("blue");
    blue.state = "waiting";
    blue.reason = "no such device";
    return {"0.1.0",
            "2.2.0",
            keavrf::ProcessId(1),
            3600s,
            "/etc/keavrfd.yaml",
            {red, blue},
            {"/run/netns/keavrf-hub is a namespace that is not keavrfd's"}};
}

keavrf::Result<DaemonStatus> read(std::string_view text)
{
    return daemon_status_from_json(json::parse(text).as_object());
}

} // namespace

BOOST_AUTO_TEST_SUITE(status)

BOOST_AUTO_TEST_CASE(reads_what_it_writes)
{
    const auto status = full_status();
    const auto again = read(json::serialize(to_json(status)));
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST((*again == status));
    const auto nothing = read("{}");
    BOOST_REQUIRE(nothing.has_value());
    BOOST_TEST((*nothing == DaemonStatus{}));
}

BOOST_AUTO_TEST_CASE(counts_instances_by_state)
{
    auto status = full_status();
    status.instances.push_back(status.instances[0]);
    const auto object = to_json(status);
    BOOST_TEST(json::serialize(object.at("counts")) == R"({"serving":2,"waiting":1})");
}

BOOST_AUTO_TEST_CASE(ignores_what_a_newer_daemon_adds)
{
    const auto status = read(R"({"version": "9", "new": {}, "instances": [{"vrf": "red", "new": 1}]})");
    BOOST_REQUIRE(status.has_value());
    BOOST_TEST(status->instances.at(0).vrf.str() == "red");
}

BOOST_AUTO_TEST_CASE(names_the_key_that_has_a_wrong_type)
{
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"({"version": 1})", "version is not a string"},
        {R"({"pid": "1"})", "pid is not a number in range"},
        {R"({"pid": 99999999999})", "pid is not a number in range"},
        {R"({"instances": {}})", "instances is not a list"},
        {R"({"instances": [1]})", "instances is not a list of maps"},
        {R"({"instances": [{}, {"vrf": []}]})", "instances[1].vrf is not a string"},
        {R"({"instances": [{"slot": -1}]})", "instances[0].slot is not a number in range"},
        {R"({"instances": [{"subnets": [1]}]})", "instances[0].subnets is not a list of strings"},
        {R"({"instances": [{"drops": {"hops": "x"}}]})", "instances[0].drops.hops is not a number in range"},
        {R"({"instances": [{"ports": [{"trusted": 1}]}]})", "instances[0].ports[0].trusted is not true or false"},
        {R"({"instances": [{"ports": [{"giaddr": "10.0.0"}]}]})",
         "instances[0].ports[0].giaddr is not an IPv4 address"},
    };
    for (const auto& [text, problem] : cases) {
        const auto status = read(text);
        BOOST_REQUIRE_MESSAGE(!status.has_value(), text);
        BOOST_TEST(status.error().message().find(": " + problem + " (") != std::string::npos, status.error().message());
    }
}

BOOST_AUTO_TEST_CASE(statistics_have_kea_s_form)
{
    const auto all = statistics_of(full_status(), "2026-11-22 15:00:00.123456");
    BOOST_TEST(json::serialize(all.at("vrf[red].messages-out")) == R"([[5,"2026-11-22 15:00:00.123456"]])");
    BOOST_TEST(all.at("vrf[red].drops[hops]").at(0).at(0) == 2);
    BOOST_TEST(all.at("vrf[red].option82-overflow").at(0).at(0) == 4);
    BOOST_TEST(all.at("vrf[blue].option82-overflow").at(0).at(0) == 0);
    BOOST_TEST(all.at("vrf[red].leases").at(0).at(0) == 12);
    BOOST_TEST(all.contains("vrf[blue].messages-in"));
    BOOST_TEST(!all.contains("vrf[blue].leases"));
}

BOOST_AUTO_TEST_SUITE_END()
