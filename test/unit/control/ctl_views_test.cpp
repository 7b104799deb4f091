#include "keavrfctl/views.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf::ctl;
using namespace std::chrono_literals;
using keavrf::control::DaemonStatus;
using keavrf::control::InstanceStatus;
namespace json = boost::json;

InstanceStatus red()
{
    InstanceStatus red;
    red.vrf = keavrf::VrfName("red");
    red.state = "serving";
    red.since = 3725s;
    red.slot = keavrf::Slot(0);
    red.network_namespace = "keavrf-red";
    red.kea = keavrf::ProcessId(42);
    red.ports.push_back({"eth1", keavrf::InterfaceIndex(7), keavrf::Ipv4Address(0xc0a80101), true, ""});
    red.ports.push_back({"eth2", keavrf::InterfaceIndex(8), std::nullopt, false, "no address"});
    red.subnets = {"192.168.1.0/24", "10.0.0.0/24"};
    red.leases = 12;
    red.messages_in = 100;
    red.messages_out = 90;
    red.drops = {{"hops", 2}, {"malformed", 1}, {"rate", 0}};
    return red;
}

DaemonStatus two_vrfs()
{
    InstanceStatus blue;
    blue.vrf = keavrf::VrfName("blue");
    blue.state = "waiting";
    blue.reason = "no such device";
    return {"0.1.0", "2.2.0", keavrf::ProcessId(1), 90061s, "/etc/k.yaml", {red(), blue}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(ctl_views)

BOOST_AUTO_TEST_CASE(the_overview_has_a_line_for_each_vrf)
{
    BOOST_TEST(
        overview_text(two_vrfs(), {}) ==
        "keavrfd 0.1.0, Kea 2.2.0, pid 1, up 1d 1h, /etc/k.yaml\n"
        "1 serving, 1 waiting\n"
        "\n"
        "VRF   STATE    SINCE  PORTS    SUBNETS            LEASES   IN  OUT  DROPS  KEA  RESTARTS  REASON\n"
        "red   serving  1h 2m  eth1 +1  192.168.1.0/24 +1      12  100   90      3   42         0\n"
        "blue  waiting  0s     -        -                       -    0    0      0    -         0  no such device\n");
}

BOOST_AUTO_TEST_CASE(the_overview_fits_a_terminal_and_keeps_what_matters)
{
    const auto text = overview_text(two_vrfs(), {80, false});
    std::size_t begin = text.find("VRF");
    while (begin < text.size()) {
        const auto end = text.find('\n', begin);
        BOOST_TEST(display_width(text.substr(begin, end - begin)) <= 80U);
        begin = end + 1;
    }
    BOOST_TEST(text.find("no such device") != std::string::npos);
    BOOST_TEST(text.find("serving") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_vrfs_the_overview_says_so)
{
    DaemonStatus status;
    status.version = "0.1.0";
    BOOST_TEST(overview_text(status, {}).find("\nno VRF to serve\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(states_are_coloured_by_what_they_ask_for)
{
    const auto text = overview_text(two_vrfs(), {0, true});
    BOOST_TEST(text.find("\x1b[32mserving\x1b[0m") != std::string::npos);
    BOOST_TEST(text.find("\x1b[33mwaiting\x1b[0m") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(one_vrf_is_shown_with_its_ports_and_drops)
{
    BOOST_TEST(instance_text(red(), {}) == "VRF:        red\n"
                                           "State:      serving since 1h 2m\n"
                                           "Kea:        pid 42\n"
                                           "Restarts:   0\n"
                                           "Namespace:  keavrf-red\n"
                                           "Slot:       0\n"
                                           "Subnets:    192.168.1.0/24, 10.0.0.0/24\n"
                                           "Leases:     12\n"
                                           "Messages:   100 in, 90 out\n"
                                           "Drops:      hops 2, malformed 1\n"
                                           "\n"
                                           "PORT  INDEX  GIADDR       TRUSTED  REASON\n"
                                           "eth1      7  192.168.1.1  yes\n"
                                           "eth2      8  -            no       no address\n");
}

BOOST_AUTO_TEST_CASE(one_vrf_is_shown_with_what_went_on_without_option_82)
{
    auto instance = red();
    instance.option82_overflow = 3;
    const auto text = instance_text(instance, {});
    BOOST_TEST(text.find("Drops:      hops 2, malformed 1\n"
                         "No room:    3 forwarded without option 82 (option82-overflow)\n") != std::string::npos,
               text);
}

BOOST_AUTO_TEST_CASE(the_overview_tells_the_first_warning_of_a_vrf_without_a_reason)
{
    auto status = two_vrfs();
    status.instances[0].warnings = {"interface eth2 waits", "another"};
    status.instances[1].warnings = {"not shown: the reason says more"};
    const auto text = overview_text(status, {});
    BOOST_TEST(text.find("  warning: interface eth2 waits (+1)\n") != std::string::npos, text);
    BOOST_TEST(text.find("not shown") == std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(the_overview_tells_what_concerns_no_vrf_alone)
{
    auto status = two_vrfs();
    status.warnings = {"somebody has the name of the hub\x1b"};
    const auto text = overview_text(status, {20, false});
    BOOST_TEST(text.find("1 serving, 1 waiting\nwarning: somebody has the name of the hub\\x1B\n") != std::string::npos,
               text);
}

BOOST_AUTO_TEST_CASE(one_vrf_is_shown_with_its_reason_and_warnings_whole)
{
    auto instance = red();
    instance.state = "backoff";
    instance.reason = "port eth1: cannot bind 0.0.0.0:67: Address already in use";
    instance.warnings = {"interface eth2: the giaddr 10.0.0.1 is no address of this VRF", "another\x1b"};
    const auto text = instance_text(instance, {40, false});
    BOOST_TEST(text.find("Reason:     port eth1: cannot bind 0.0.0.0:67: Address already in use\n") !=
               std::string::npos);
    BOOST_TEST(text.find("Warning:    interface eth2: the giaddr 10.0.0.1 is no address of this VRF\n") !=
               std::string::npos);
    BOOST_TEST(text.find("Warning:    another\\x1B\n") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(statistics_leave_zeros_out_unless_there_is_nothing_else)
{
    const auto some = json::parse(R"({"pkt4-received": [[5, "t"], [4, "t"]], "pkt4-sent": [[0, "t"]], "odd": 1,
                                      "cumulative": [["00:00:01", "t"]]})");
    BOOST_TEST(statistics_text(some.as_object(), {}) == "STATISTIC         VALUE\n"
                                                        "pkt4-received         5\n"
                                                        "odd\n"
                                                        "cumulative     00:00:01\n");
    const auto zeros = json::parse(R"({"pkt4-sent": [[0, "t"]]})");
    BOOST_TEST(statistics_text(zeros.as_object(), {}) == "STATISTIC  VALUE\npkt4-sent      0\n");
}

BOOST_AUTO_TEST_CASE(leases_show_client_state_and_expiry)
{
    const auto leases = json::parse(R"([
        {"ip-address": "10.0.0.5", "hw-address": "02:00:00:00:00:01", "hostname": "a\nb", "state": 0, "cltt": 1000,
         "valid-lft": 3600, "subnet-id": 1},
        {"ip-address": "10.0.0.6", "client-id": "01:02", "state": 1, "cltt": 1000, "valid-lft": 100, "subnet-id": 1},
        {"ip-address": "10.0.0.7", "state": 9, "cltt": 1000, "valid-lft": 4294967295}, 4])");
    const std::chrono::system_clock::time_point now(2000s);
    BOOST_TEST(leases_text(leases.as_array(), now, {}) ==
               "ADDRESS   CLIENT             HOSTNAME  STATE     EXPIRES     SUBNET\n"
               "10.0.0.5  02:00:00:00:00:01  a\\nb      valid     in 43m 20s       1\n"
               "10.0.0.6  01:02                        declined  15m ago          1\n"
               "10.0.0.7                               9         never            0\n");
    BOOST_TEST(leases_text({}, now, {}) == "no leases\n");
}

BOOST_AUTO_TEST_CASE(durations_have_their_two_largest_units)
{
    for (const auto& [seconds, text] : {std::pair{0s, "0s"},
                                        {59s, "59s"},
                                        {60s, "1m"},
                                        {61s, "1m 1s"},
                                        {3600s, "1h"},
                                        {3605s, "1h"},
                                        {86399s, "23h 59m"},
                                        {90061s, "1d 1h"},
                                        {-5s, "0s"}}) {
        BOOST_TEST(duration_text(seconds) == text);
    }
}

BOOST_AUTO_TEST_CASE(json_is_indented)
{
    BOOST_TEST(pretty_json(json::parse(R"({"a":[1,{"b":"c\n"}],"d":{},"e":[],"f":null})")) ==
               "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"c\\n\"\n    }\n  ],\n  \"d\": {},\n  \"e\": [],\n"
               "  \"f\": null\n}\n");
}

BOOST_AUTO_TEST_CASE(texts_keep_their_line_ends_and_lose_their_controls)
{
    BOOST_TEST(printable("a\nb\x1b[31m\n") == "a\nb\\x1B[31m\n");
    BOOST_TEST(printable("a") == "a\n");
    BOOST_TEST(printable("").empty());
}

BOOST_AUTO_TEST_SUITE_END()
