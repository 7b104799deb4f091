// Never two Keas on one lease file: where the disk was full when a Kea was to be written down, where it let go of its
// lock, and where nothing proves whose it is.
#include "adoption.hpp"

#include <sstream>

using namespace keavrf::test;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(adoption)

namespace {

const std::string lease_file_of_red = "/var/lib/keavrfd/red/kea-leases4.csv";

bool works_on(pid_t pid, const std::string& file)
{
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", failure)) {
        std::error_code gone;
        if (std::filesystem::equivalent(entry.path(), file, gone)) {
            return true;
        }
    }
    return false;
}

struct Unlocked : Adoption {
    // A service whose Kea is on no record and does not hold its lock: with the environment of ours, or another's.
    Program leave_one(const std::string& environment)
    {
        leave_a_service();
        change_record([](json::object& record) { record.erase("dhcp4"); });
        ::kill(kea, SIGKILL);
        BOOST_TEST(eventually([this] { return !exists(kea); }));
        std::filesystem::create_directories("/run/kea");
        std::filesystem::remove("/run/keavrfd/red/kea/kea-dhcp4.kea-dhcp4.pid");
        Program other({"nsenter", "--net=/run/netns/keavrf-red", "--", "env", "-i", environment, "/usr/sbin/kea-dhcp4",
                       "-c", "/run/keavrfd/red/kea-dhcp4.conf"});
        BOOST_REQUIRE(eventually([&] { return works_on(other.pid(), lease_file_of_red); }));
        return other;
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_kea_of_ours_that_is_on_no_record_and_has_let_go_of_its_lock_is_ended_before_the_next,
                        Unlocked)
{
    auto other = leave_one("KEA_PIDFILE_DIR=/run/keavrfd/red/kea");
    auto daemon = Daemon::with(red_only);
    const auto now = daemon.wait_until("red", "serving").kea.value();
    BOOST_TEST(now != other.pid());
    BOOST_TEST(other.wait_for_exit().has_value(), daemon.log());
    BOOST_TEST(daemon.logs({"red", "remnant.stopped", std::to_string(other.pid())}), daemon.log());
    BOOST_TEST(processes_with("kea-dhcp4").size() == 1U);
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(beside_a_kea_that_nobody_can_prove_to_be_ours_none_is_started_and_it_is_named, Unlocked)
{
    auto other = leave_one("KEA_PIDFILE_DIR=/run/kea");
    auto daemon = Daemon::with(red_only);
    const auto pid = std::to_string(other.pid());
    BOOST_TEST(daemon.logs({"red", "instance.backoff", "process " + pid, "keavrf-red", "kill " + pid}), daemon.log());
    BOOST_TEST(daemon.kea("red") == 0);
    BOOST_TEST(other.running());
    BOOST_TEST(processes_with("kea-dhcp4").size() == 1U);
    other.signal(SIGTERM);
    BOOST_TEST(other.wait_for_exit().has_value());
    daemon.wait_until("red", "serving", 40s);
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(nor_is_its_namespace_removed_so_that_nobody_would_find_it_again, Unlocked)
{
    auto other = leave_one("KEA_PIDFILE_DIR=/run/kea");
    {
        auto daemon = Daemon::with("vrfs: {}\n");
        BOOST_TEST(daemon.logs({"red", "instance.left-behind", std::to_string(other.pid())}, 30s), daemon.log());
        daemon.stop();
    }
    BOOST_TEST(other.running());
    BOOST_TEST(std::filesystem::exists(red_record));
    other.signal(SIGTERM);
    BOOST_TEST(other.wait_for_exit().has_value());
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_namespace_without_a_name_and_a_kea_without_a_record_find_each_other, Unlocked)
{
    auto other = leave_one("KEA_PIDFILE_DIR=/run/keavrfd/red/kea");
    remove_name("keavrf-red");
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    BOOST_TEST(other.wait_for_exit().has_value(), daemon.log());
    BOOST_TEST(processes_with("kea-dhcp4").size() == 1U);
    renews(daemon);
    daemon.stop();
}

// Wherever it lives, and whatever lock it has let go of.
BOOST_FIXTURE_TEST_CASE(while_any_process_writes_the_lease_file_no_kea_is_started_and_it_is_named, Adoption)
{
    {
        auto daemon = Daemon::with(red_only);
        daemon.wait_until("red", "serving");
        lease = client.acquire();
        BOOST_REQUIRE_MESSAGE(lease, daemon.log());
        daemon.stop();
    }
    Program other({"sh", "-c", "exec sleep 1000 >> " + lease_file_of_red});
    BOOST_REQUIRE(eventually([&] { return works_on(other.pid(), lease_file_of_red); }));
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.logs({"red", "instance.backoff", lease_file_of_red, "pid " + std::to_string(other.pid())}),
               daemon.log());
    BOOST_TEST(processes_with("kea-dhcp4").empty());
    other.signal(SIGTERM);
    BOOST_TEST(other.wait_for_exit().has_value());
    daemon.wait_until("red", "serving", 40s);
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(with_both_records_unreadable_the_kea_that_runs_on_is_named_with_what_to_do, Adoption)
{
    leave_a_service("on-exit: keep\n" + red_only);
    for (const auto* record : {"/run/keavrfd/red/instance.json", "/var/lib/keavrfd/.records/red.json"}) {
        std::ofstream(record, std::ios::trunc) << "garbage";
    }
    auto daemon = Daemon::with(red_only);
    const auto reason = daemon.wait_until("red", "refused").reason;
    const auto pid = std::to_string(kea);
    for (const auto& told :
         {"process " + pid, "kill " + pid, std::string("/run/keavrfd/red/instance.json"),
          std::string("/var/lib/keavrfd/.records/red.json"), std::string("ip netns delete keavrf-red")}) {
        BOOST_TEST(reason.find(told) != std::string::npos, reason);
    }
    BOOST_TEST(exists(kea));
    ::kill(kea, SIGTERM); // as it says
    BOOST_TEST(eventually([this] { return !exists(kea); }));
    remove_name("keavrf-red");
    daemon.wait_until("red", "serving", 40s);
    renews(daemon);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
