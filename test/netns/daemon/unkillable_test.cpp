// A Kea that does not end, not even by SIGKILL (its disk hangs): no second one works on its leases, its VRF says so,
// the others serve on, and it keeps nobody from stopping.
#include "pair.hpp"
#include "undying.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <string>

using namespace keavrf::test;

namespace {

// A Kea has little time, so that the tests need little.
const std::string impatient = "kea: {timeouts: {stop: 1s, probe: 1s}}\n" + red_and_blue;

std::size_t keas_of_red()
{
    return processes_with("/run/keavrfd/red/").size();
}

bool shown_as_not_ending(const keavrf::control::InstanceStatus& red)
{
    return red.state == "backoff" && red.reason.find("does not end") != std::string::npos;
}

struct Unkillable : Pair {
    pid_t kea = 0;

    Daemon serving_both()
    {
        auto daemon = Daemon::with(impatient);
        kea = daemon.wait_until("red", "serving").kea.value();
        daemon.wait_until("blue", "serving");
        return daemon;
    }
    // The other VRF, and that there is still the one Kea.
    void check_service(const Daemon& daemon) const
    {
        BOOST_TEST(serves(blue), daemon.log());
        BOOST_TEST(keas_of_red() == 1U, daemon.log());
        BOOST_TEST(daemon.log_lines({"red", "kea.started"}).size() <= 1U, daemon.log());
    }
    void serves_again(const Daemon& daemon) const
    {
        const auto again = [this](const auto& status) {
            return status.state == "serving" && status.kea.value() > 0 && status.kea.value() != kea;
        };
        BOOST_TEST(daemon.becomes("red", again, 40s), daemon.log());
        BOOST_TEST(keas_of_red() == 1U);
        BOOST_TEST(serves(red), daemon.log());
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(unkillable)

BOOST_FIXTURE_TEST_CASE(a_hung_kea_that_sigkill_does_not_end_is_told_of_and_replaced_once_it_is_gone, Unkillable)
{
    auto daemon = serving_both();
    Undying undying(kea);
    ::kill(kea, SIGSTOP);
    BOOST_TEST(daemon.becomes("red", shown_as_not_ending, 60s), daemon.log());
    check_service(daemon);
    BOOST_TEST(daemon.log_lines({"red", "kea.hung"}).size() == 1U, daemon.log()); // once, not with every probe
    BOOST_TEST(daemon.logs({"red", "kea.unkillable", "disk"}), daemon.log());
    undying.release();
    serves_again(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(one_that_a_restart_does_not_end_is_told_of_and_replaced_once_it_is_gone, Unkillable)
{
    auto daemon = serving_both();
    Undying undying(kea);
    const auto restarted = run({built("keavrfctl"), "restart", "red"}, {}, 60s);
    BOOST_TEST(restarted.exit_code == 1, restarted.output);
    BOOST_TEST(restarted.errors.find("vrf red: ") != std::string::npos, restarted.errors);
    BOOST_TEST(daemon.becomes("red", shown_as_not_ending, 40s), daemon.log());
    check_service(daemon);
    undying.release();
    serves_again(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(it_keeps_nobody_from_stopping_and_the_next_keavrfd_starts_none_beside_it, Unkillable)
{
    auto first = serving_both();
    Undying undying(kea);
    const auto began = std::chrono::steady_clock::now();
    first.stop();
    // SIGTERM, SIGKILL and three seconds, twice at most, and what cannot be undone is given up after six.
    BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(15)), first.log());
    BOOST_TEST(first.logs({"red", "instance.left-behind", "does not end"}), first.log());
    auto daemon = Daemon::with(impatient);
    daemon.wait_until("blue", "serving");
    BOOST_TEST(daemon.becomes("red", shown_as_not_ending, 40s), daemon.log());
    check_service(daemon);
    undying.release();
    serves_again(daemon);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
