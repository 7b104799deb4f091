// An adopted Kea is what the settings of today ask for, or it is replaced; what lies where the settings of yesterday
// had it is taken away, as far as it is proved to be ours.
#include "adoption.hpp"

#include <boost/test/unit_test.hpp>

#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace keavrf::test;

namespace {

constexpr auto other_state = "/run/test/other-state";

std::string user_of_process(pid_t pid)
{
    const auto status = slurp("/proc/" + std::to_string(pid) + "/status");
    const auto begin = status.find("Uid:\t") + 5;
    return status.substr(begin, status.find('\t', begin) - begin);
}

std::string id_of(const char* user)
{
    const auto* entry = ::getpwnam(user); // NOLINT(concurrency-mt-unsafe)
    BOOST_REQUIRE(entry != nullptr);
    return std::to_string(entry->pw_uid);
}

} // namespace

BOOST_AUTO_TEST_SUITE(adoption_under_other_settings)

BOOST_FIXTURE_TEST_CASE(a_kea_on_the_leases_of_another_state_dir_is_replaced_and_the_old_records_are_erased, Adoption)
{
    leave_a_service();
    BOOST_TEST(std::filesystem::exists("/var/lib/keavrfd/.records/red.json"));
    auto daemon = Daemon::with("state-dir: " + std::string(other_state) + "\n" + red_only);
    BOOST_TEST(daemon.logs({"red", "kea.distrusted", other_state}), daemon.log());
    BOOST_TEST(daemon.logs({"red", "kea.started"}), daemon.log());
    const auto now = daemon.wait_until("red", "serving").kea.value();
    BOOST_TEST(now != kea);
    BOOST_TEST(!exists(kea));
    BOOST_TEST(std::filesystem::exists(std::string(other_state) + "/.records/red.json"));
    BOOST_TEST(!std::filesystem::exists("/var/lib/keavrfd/.records"), "whoever finds it there would stop this Kea");
    BOOST_TEST(!Daemon::lease_file("red").empty(), "leases stay");
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    daemon.write_configuration("state-dir: " + std::string(other_state) +
                               "\ndefaults: {dhcp4: {valid-lifetime: 777}}\n" + red_only);
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(daemon.kea("red") == now);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_lies_in_another_runtime_dir_is_removed_and_kea_replaced, Adoption)
{
    leave_a_service();
    auto daemon = Daemon::with("runtime-dir: /run/other\n" + red_only);
    daemon.control_socket = "/run/other/control.sock";
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() != kea, daemon.log());
    BOOST_TEST(!exists(kea));
    BOOST_TEST(!std::filesystem::exists("/run/keavrfd/red"), daemon.log());
    BOOST_TEST(!std::filesystem::exists("/run/keavrfd/.hub.json"), daemon.log());
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    daemon.stop();
}

// No record tells of it any more, so nothing is proved.
BOOST_FIXTURE_TEST_CASE(a_kea_of_another_runtime_dir_and_state_dir_is_named_and_no_second_one_started, Adoption)
{
    leave_a_service();
    {
        auto daemon = Daemon::with("runtime-dir: /run/other\nstate-dir: " + std::string(other_state) + "\n" + red_only);
        BOOST_TEST((daemon.program().wait_for_exit() == 1), daemon.log());
        const auto named = "process " + std::to_string(kea) +
                           " (/usr/sbin/kea-dhcp4) in keavrf-red, on the leases in "
                           "/var/lib/keavrfd";
        BOOST_TEST(daemon.logs({"daemon.failed", "keavrf-hub", named, "Set these again"}, 0ms), daemon.log());
        BOOST_TEST(daemon.log_lines({"ip netns del"}).empty(), daemon.log());
    }
    BOOST_TEST(processes_with("kea-dhcp4 -c").size() == 1U);
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
    renews(daemon);
    daemon.stop();
}

// Each by itself takes the time that a stop may take.
BOOST_FIXTURE_TEST_CASE(keas_that_hang_and_are_of_no_use_are_stopped_side_by_side, Lab)
{
    const std::string slow_stop = "kea: {timeouts: {stop: 3s}}\n";
    std::string vrfs = "vrfs:\n";
    std::vector<Tenant> tenants;
    for (const std::string number : {"1", "2", "3"}) {
        tenants.push_back(add_tenant("eth" + number, "192.168." + number + ".1/24"));
        vrfs += "  red" + number + ": {device: none, interfaces: [eth" + number + "]}\n";
    }
    {
        auto daemon = Daemon::with(slow_stop + vrfs);
        for (const std::string vrf : {"red1", "red2", "red3"}) {
            ::kill(daemon.wait_until(vrf, "serving").kea.value(), SIGSTOP);
        }
        Adoption::kill(daemon);
    }
    auto daemon = Daemon::with("netns-prefix: other-\n" + slow_stop + vrfs);
    BOOST_TEST(daemon.logs({"remnant.stopped"}), daemon.log());
    BOOST_TEST(eventually([&] { return daemon.log_lines({"remnant.stopped"}).size() == 3; }, 2s), daemon.log());
    for (const std::string vrf : {"red1", "red2", "red3"}) {
        daemon.wait_until(vrf, "serving");
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(another_log_dir_is_made_for_the_kea_that_is_told_of_it, Adoption)
{
    leave_a_service();
    auto daemon = Daemon::with("log-dir: /run/test/other-log\n" + red_only);
    BOOST_TEST(daemon.logs({"red", "kea.reloaded"}), daemon.log());
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
    BOOST_TEST(std::filesystem::exists("/run/test/other-log/red/kea-dhcp4.log"), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_of_another_user_is_replaced_by_one_of_the_user_of_today, Adoption)
{
    leave_a_service("kea: {user: nobody}\n" + red_only);
    BOOST_TEST(user_of_process(kea) == id_of("nobody"));
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.logs({"red", "kea.distrusted", "kea.user"}), daemon.log());
    BOOST_TEST(daemon.logs({"red", "kea.started"}), daemon.log());
    const auto now = daemon.wait_until("red", "serving").kea.value();
    BOOST_TEST(now != kea);
    BOOST_TEST(!exists(kea));
    BOOST_TEST(user_of_process(now) == id_of("_kea"));
    renews(daemon); // the file of the other user's has been given to this one
    BOOST_TEST(daemon.log().find("instance.backoff") == std::string::npos, daemon.log());
    daemon.stop();
}

// Health is told across keavrfds: silence is no property of the configuration where probes were answered before.
BOOST_FIXTURE_TEST_CASE(a_kea_that_is_deaf_when_it_is_adopted_is_found_out, Adoption)
{
    {
        auto daemon = Daemon::with(red_only);
        kea = daemon.wait_until("red", "serving").kea.value();
        BOOST_TEST(eventually([] { return slurp(red_record).find("\"answers-probes\":true") != std::string::npos; }),
                   slurp(red_record));
        // Told to Kea itself: keavrfd passes it on to none.
        daemon.control_socket = "/run/keavrfd/red/kea/kea-dhcp4.sock";
        BOOST_TEST(daemon.command({{"command", "dhcp-disable"}}).result == 0);
        kill(daemon);
    }
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.logs({"red", "kea.hung"}, 40s), daemon.log());
    BOOST_TEST(
        daemon.becomes("red", [this](const auto& red) { return red.state == "serving" && red.kea.value() != kea; }),
        daemon.log());
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    BOOST_TEST(daemon.log().find("kea.no-probes") == std::string::npos, daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
