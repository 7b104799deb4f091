// A VRF one of whose tasks ends by an exception that nobody expects is taken down and made anew (docs/architecture.md);
// the others notice nothing.
#include "injected.hpp"
#include "pair.hpp"
#include "support/sanitizer.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace keavrf::test;

namespace {

// red's Kea is asked on its control channel every second whether it is well: for each time a descriptor is watched.
const std::string red_by_channel = "kea: {timeouts: {probe: 1s}}\nvrfs:\n  red:\n    device: none\n"
                                   "    interfaces: [eth1]\n    dhcp4:\n"
                                   "      client-classes: [{name: DROP, test: \"pkt4.msgtype == 8\"}]\n"
                                   "  blue: {device: none, interfaces: [eth2]}\n";

struct Failing : Pair {
    Daemon daemon = Daemon::with(red_by_channel);
    pid_t kea_of_red = 0;
    pid_t kea_of_blue = 0;

    Failing()
    {
        kea_of_red = daemon.wait_until("red", "serving").kea.value();
        kea_of_blue = daemon.wait_until("blue", "serving").kea.value();
        const bool asked_by_channel = daemon.logs({"red", "kea.no-probes"});
        BOOST_REQUIRE_MESSAGE(asked_by_channel, daemon.log());
    }
    // What a kernel that may watch no more descriptors does; nobody else asks for one while the test does not.
    void red_fails()
    {
        const bool told = daemon.logs({"vrf=red", "instance.failed", "'health'", "No space left on device"});
        BOOST_REQUIRE_MESSAGE(told, daemon.log());
    }
    void both_serve()
    {
        const auto again = [this](const auto& now) {
            return now.state == "serving" && now.kea.value() > 0 && now.kea.value() != kea_of_red;
        };
        BOOST_TEST(daemon.becomes("red", again, 40s));
        BOOST_TEST(serves(red), daemon.log());
        BOOST_TEST(serves(blue), daemon.log());
        BOOST_TEST(daemon.kea("blue") == kea_of_blue, daemon.log());
        BOOST_TEST(processes_with("kea-dhcp4 -c").size() == 2U);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(failing_tasks)

BOOST_FIXTURE_TEST_CASE(its_vrf_is_made_anew_and_can_be_reloaded_and_stopped, Failing, *unless_sanitized())
{
    {
        Injected watch(daemon.pid(), "epoll_ctl:error=ENOSPC");
        red_fails();
    }
    both_serve();
    daemon.write_configuration(red_by_channel + "defaults: {dhcp4: {valid-lifetime: 777}}\n");
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    daemon.stop();
    BOOST_TEST(daemon.log_lines({"instance.left-behind"}).empty(), daemon.log());
}

BOOST_FIXTURE_TEST_CASE(where_it_fails_again_and_again_its_vrf_says_why_and_the_other_serves_on, Failing,
                        *unless_sanitized())
{
    Injected watch(daemon.pid(), "epoll_ctl:error=ENOSPC");
    red_fails();
    const bool told = daemon.logs({"vrf=red", "instance.backoff", "No space left on device"});
    BOOST_TEST(told, daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    watch.mend();
    both_serve();
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
