// A disk that hangs under the whole of state-dir, or of log-dir: keavrfd writes there itself, and must not wait for it.
#include "frozen_disk.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <string>
#include <thread>

using namespace keavrf::test;

namespace {

const std::string impatient = "kea: {timeouts: {stop: 1s, probe: 1s, start: 5s}}\n" + red_and_blue;

boost::test_tools::assertion_result disk_can_hang(boost::unit_test::test_unit_id /*test*/)
{
    boost::test_tools::assertion_result possible(FrozenDisk::possible());
    possible.message() << "this kernel has no loop device with ext4 (try: tools/vrf-guest)";
    return possible;
}

struct Hanging : Pair {
    explicit Hanging(const std::string& folder = "/var/lib/keavrfd") : disk(folder) {}

    FrozenDisk disk;
    Daemon daemon = Daemon::with(impatient);
    pid_t kea = daemon.wait_until("red", "serving").kea.value();
    pid_t kea_of_blue = daemon.wait_until("blue", "serving").kea.value();

    // What has just been written to is taken to answer.
    void freeze()
    {
        std::this_thread::sleep_for(300ms);
        disk.freeze();
    }
    // An offer is written nowhere.
    static bool is_offered(Tenant& tenant)
    {
        return eventually([&] { return tenant.client().discover().has_value(); });
    }
    void lose_kea()
    {
        freeze();
        ::kill(kea, SIGKILL);
        BOOST_TEST(daemon.logs({"red", "kea.exited"}), daemon.log());
    }
    void check_that_red_waits_for(const std::string& key)
    {
        const auto waits = [&](const keavrf::control::InstanceStatus& now) {
            return now.state == "backoff" && now.reason.find("the disk under " + key) != std::string::npos;
        };
        BOOST_TEST(daemon.becomes("red", waits, 30s), daemon.log());
        BOOST_TEST(daemon.logs({"disk.hangs", key}), daemon.log());
    }
    void check_that_blue_notices_nothing()
    {
        BOOST_TEST(is_offered(blue), daemon.log());
        BOOST_TEST(daemon.kea("blue") == kea_of_blue, daemon.log());
    }
    void check_that_all_is_served()
    {
        BOOST_TEST(eventually([this] { return serves(red) && serves(blue); }, 60s), daemon.log());
        BOOST_TEST(daemon.wait_until("red", "serving").reason.empty(), daemon.log());
        BOOST_TEST(daemon.logs({"disk.answers"}), daemon.log());
    }
};

struct HangingLogs : Hanging {
    HangingLogs() : Hanging("/var/log/keavrfd") {}
};

} // namespace

BOOST_AUTO_TEST_SUITE(hanging_disk, *boost::unit_test::precondition(disk_can_hang))

BOOST_FIXTURE_TEST_CASE(a_kea_that_is_lost_comes_back_with_it_and_nobody_else_notices, Hanging)
{
    lose_kea();
    check_that_red_waits_for("state-dir");
    check_that_blue_notices_nothing();
    disk.thaw();
    check_that_all_is_served();
    check_that_blue_notices_nothing();
    BOOST_TEST(eventually([] { return std::filesystem::exists("/var/lib/keavrfd/.records/red.json"); }));
    daemon.stop();
}

// Each Kea writes its own log, and sleeps over it; keavrfd does not.
BOOST_FIXTURE_TEST_CASE(so_it_is_with_the_one_under_the_logs_but_for_what_keas_write, HangingLogs)
{
    lose_kea();
    check_that_red_waits_for("log-dir");
    BOOST_TEST(daemon.status_of("blue").has_value(), daemon.log());
    disk.thaw();
    check_that_all_is_served();
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(it_keeps_nobody_from_stopping, Hanging)
{
    lose_kea();
    check_that_red_waits_for("state-dir");
    const auto began = std::chrono::steady_clock::now();
    daemon.stop();
    BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(15)), daemon.log());
    BOOST_TEST(processes_with("-c /run/keavrfd/").empty(), daemon.log());
    BOOST_TEST(daemon.logs({"red", "instance.left-behind", "state-dir"}), daemon.log());
    disk.thaw();
    auto next = Daemon::with(impatient); // with what stayed behind it goes on
    next.wait_until("red", "serving");
    BOOST_TEST(serves(red), next.log());
    BOOST_TEST(serves(blue), next.log());
    next.stop();
}

BOOST_FIXTURE_TEST_CASE(a_reload_over_it_fails_and_changes_nothing, Hanging)
{
    freeze();
    daemon.write_configuration(impatient + "defaults: {dhcp4: {valid-lifetime: 777}}\n");
    const auto start = daemon.log_size();
    daemon.program().signal(SIGHUP);
    BOOST_TEST(daemon.logs_since(start, {"reload.", "the disk under state-dir"}, 60s), daemon.log().substr(start));
    BOOST_TEST(is_offered(red), daemon.log());
    BOOST_TEST(is_offered(blue), daemon.log());
    disk.thaw();
    BOOST_TEST(daemon.logs_since(start, {"disk.answers"}), daemon.log().substr(start));
    check_that_all_is_served();
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    BOOST_TEST(daemon.reload(), daemon.log().substr(start));
    daemon.stop();
}

// What lies under runtime-dir is written all the same; the copy has to wait.
BOOST_FIXTURE_TEST_CASE(a_record_is_written_where_no_disk_is, Hanging)
{
    const std::string record = "/run/keavrfd/red/instance.json";
    freeze();
    ::kill(kea, SIGKILL);
    std::filesystem::remove(record);
    BOOST_TEST(eventually([&] { return std::filesystem::exists(record); }, 30s), daemon.log());
    BOOST_TEST(is_offered(blue), daemon.log());
    disk.thaw();
    check_that_all_is_served();
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
