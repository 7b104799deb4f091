// DHCP messages are swallowed on their way between relay and Kea, by what no new Kea cures: a packet filter in the hub,
// or in one Kea's namespace.
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace keavrf::test;

namespace {

// A program inside a namespace of keavrfd's; no `ip netns`, which mounts things.
void filter(const std::string& name_space, const std::string& change)
{
    const auto done = run(
        {"nsenter", "--net=/run/netns/" + name_space, "--", "iptables", change, "INPUT", "-p", "udp", "-j", "DROP"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.errors);
}

struct Filtered : Pair {
    Daemon daemon = Daemon::with("kea: {timeouts: {probe: 1s}}\n" + red_and_blue);
    pid_t kea_of_red = 0;
    pid_t kea_of_blue = 0;

    Filtered()
    {
        kea_of_red = daemon.wait_until("red", "serving").kea.value();
        kea_of_blue = daemon.wait_until("blue", "serving").kea.value();
        // What has never answered cannot fall silent.
        BOOST_TEST(eventually([] {
            const auto record =
                run({"cat", "/run/keavrfd/red/instance.json", "/run/keavrfd/blue/instance.json"}).output;
            const std::string proved = "\"answers-probes\":true";
            const auto first = record.find(proved);
            return first != std::string::npos && record.find(proved, first + 1) != std::string::npos;
        }));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(data_path)

BOOST_FIXTURE_TEST_CASE(what_swallows_the_answers_of_all_is_told_once_and_costs_no_kea, Filtered)
{
    filter("keavrf-hub", "-I");
    BOOST_TEST(daemon.logs({"hub.path-broken", "keavrf-hub"}), daemon.log());
    const auto troubled = [](const auto& status) {
        return status.state == "backoff" && status.reason.find("keavrf-hub") != std::string::npos;
    };
    BOOST_TEST(daemon.becomes("red", troubled), daemon.log());
    BOOST_TEST(daemon.becomes("blue", troubled), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea_of_red, daemon.log());
    BOOST_TEST(daemon.kea("blue") == kea_of_blue, daemon.log());
    filter("keavrf-hub", "-D");
    BOOST_TEST(daemon.logs({"hub.path-mended"}), daemon.log());
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    BOOST_TEST(serves(red), daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea_of_red, daemon.log());
    BOOST_TEST(daemon.kea("blue") == kea_of_blue, daemon.log());
    BOOST_TEST(daemon.log_lines({"hub.path-broken"}).size() == 1U, daemon.log());
    BOOST_TEST(daemon.log_lines({"kea.hung"}).empty(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_swallows_the_requests_of_one_costs_it_one_kea_and_not_one_after_the_other, Filtered)
{
    filter("keavrf-red", "-I");
    BOOST_TEST(daemon.logs({"red", "kea.hung"}), daemon.log());
    BOOST_TEST(daemon.logs({"red", "kea.path-broken", "keavrf-red"}), daemon.log());
    const auto troubled = [](const auto& status) {
        return status.state == "backoff" && status.reason.find("keavrf-red") != std::string::npos;
    };
    BOOST_TEST(daemon.becomes("red", troubled), daemon.log());
    const auto second = daemon.kea("red");
    BOOST_TEST(second != kea_of_red);
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(daemon.kea("blue") == kea_of_blue, daemon.log());
    filter("keavrf-red", "-D");
    BOOST_TEST(daemon.logs({"red", "kea.path-mended"}), daemon.log());
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(red), daemon.log());
    BOOST_TEST(daemon.kea("red") == second, daemon.log());
    BOOST_TEST(daemon.log_lines({"kea.hung"}).size() == 1U, daemon.log());
    BOOST_TEST(daemon.log_lines({"hub.path-broken"}).empty(), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
