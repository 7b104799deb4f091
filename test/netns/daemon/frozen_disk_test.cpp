// A disk that hangs under the leases of one VRF: its Kea sleeps where not even SIGKILL reaches it. keavrfd says so,
// starts no second one, serves the others, and that one again once the disk is back.
#include "frozen_disk.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <string>

using namespace keavrf::test;

namespace {

// A Kea has little time, so that the tests need little.
const std::string impatient = "kea: {timeouts: {stop: 1s, probe: 1s, start: 5s}}\n" + red_and_blue;

bool sleeps_on_its_disk(pid_t pid)
{
    return slurp("/proc/" + std::to_string(pid) + "/status").find("State:\tD") != std::string::npos;
}

bool shown_as_not_ending(const keavrf::control::InstanceStatus& red)
{
    return red.state == "backoff" && red.reason.find("does not end") != std::string::npos;
}

boost::test_tools::assertion_result disk_can_hang(boost::unit_test::test_unit_id /*test*/)
{
    boost::test_tools::assertion_result possible(FrozenDisk::possible());
    possible.message() << "this kernel has no loop device with ext4 (try: tools/vrf-guest)";
    return possible;
}

struct Frozen : Pair {
    FrozenDisk disk{"/var/lib/keavrfd/red"};
    Daemon daemon = Daemon::with(impatient);
    pid_t kea = daemon.wait_until("red", "serving").kea.value();
    pid_t kea_of_blue = daemon.wait_until("blue", "serving").kea.value();

    // A lease is written, or would be.
    void ask() const { std::ignore = red.client().acquire(); }
    void kea_sleeps()
    {
        disk.freeze();
        ask();
        const bool sleeps = eventually([this] { return sleeps_on_its_disk(kea); });
        BOOST_REQUIRE_MESSAGE(sleeps, daemon.log());
    }
    void check_that_others_are_served() const
    {
        BOOST_TEST(serves(blue), daemon.log());
        BOOST_TEST(daemon.kea("blue") == kea_of_blue, daemon.log());
        BOOST_TEST(processes_with("-c /run/keavrfd/red/").size() <= 1U, daemon.log());
    }
    void check_that_all_is_served() const
    {
        BOOST_TEST(eventually([this] { return serves(red); }, 60s), daemon.log());
        BOOST_TEST(daemon.wait_until("red", "serving").reason.empty(), daemon.log());
        check_that_others_are_served();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(frozen_disk, *boost::unit_test::precondition(disk_can_hang))

BOOST_FIXTURE_TEST_CASE(a_kea_that_sleeps_on_it_is_told_of_and_replaced_once_it_is_gone, Frozen)
{
    ask();
    kea_sleeps();
    BOOST_TEST(daemon.becomes("red", shown_as_not_ending, 60s), daemon.log());
    BOOST_TEST(daemon.logs({"red", "kea.unkillable", "disk"}), daemon.log());
    check_that_others_are_served();
    disk.thaw();
    check_that_all_is_served();
    BOOST_TEST(daemon.kea("red") != kea, daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(it_keeps_nobody_from_stopping_and_is_named_then, Frozen)
{
    kea_sleeps();
    const auto began = std::chrono::steady_clock::now();
    daemon.stop();
    BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(15)), daemon.log());
    BOOST_TEST(daemon.logs({"red", "instance.left-behind", "process " + std::to_string(kea), "does not end"}),
               daemon.log());
    disk.thaw();
    BOOST_TEST(eventually([] { return processes_with("-c /run/keavrfd/red/").empty(); }));
    auto next = Daemon::with(impatient); // with what stayed behind it goes on
    next.wait_until("red", "serving");
    BOOST_TEST(serves(red), next.log());
    next.stop();
}

BOOST_FIXTURE_TEST_CASE(one_that_is_started_on_it_holds_up_nobody, Frozen)
{
    ask();
    disk.freeze();
    ::kill(kea, SIGKILL);
    const bool noticed = daemon.logs({"red", "kea.exited"});
    BOOST_TEST(noticed, daemon.log());
    ask();
    check_that_others_are_served();
    const bool told = daemon.becomes(
        "red", [](const auto& now) { return now.state == "backoff"; }, 40s);
    BOOST_TEST(told, daemon.log());
    check_that_others_are_served();
    disk.thaw();
    check_that_all_is_served();
    daemon.stop();
}

// Kea opens its lease file again, which a frozen disk allows, and sleeps only when it writes there.
BOOST_FIXTURE_TEST_CASE(a_reload_over_it_ends_and_holds_up_nobody, Frozen)
{
    ask();
    disk.freeze();
    daemon.write_configuration(impatient + "defaults: {dhcp4: {valid-lifetime: 777}}\n");
    const auto start = daemon.log_size();
    daemon.program().signal(SIGHUP);
    check_that_others_are_served();
    const auto ended = [this] {
        return !daemon.log_lines({"reload.done"}).empty() || !daemon.log_lines({"reload.refused"}).empty();
    };
    BOOST_TEST(eventually(ended, 60s), daemon.log().substr(start));
    check_that_others_are_served();
    disk.thaw();
    check_that_all_is_served();
    BOOST_TEST(daemon.reload(), daemon.log().substr(start));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_keavrfd_that_starts_over_it_serves_the_others, Frozen)
{
    ask();
    daemon.stop();
    disk.freeze();
    auto second = Daemon::with(impatient);
    second.wait_until("blue", "serving");
    BOOST_TEST(serves(blue), second.log());
    ask(); // Kea starts on it, and sleeps at the first lease
    BOOST_TEST(second.becomes("red", shown_as_not_ending, 60s), second.log());
    BOOST_TEST(serves(blue), second.log());
    disk.thaw();
    BOOST_TEST(eventually([this] { return serves(red); }, 60s), second.log());
    second.stop();
}

BOOST_AUTO_TEST_SUITE_END()
