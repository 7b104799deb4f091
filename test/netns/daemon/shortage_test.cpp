// Where the system runs out of something, the VRF that needs it fails alone, and goes on by itself when there is some
// again (DESIGN section 6).
#include "own_disk.hpp"
#include "pair.hpp"
#include "support/sanitizer.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>

using namespace keavrf::test;

namespace {

std::size_t descriptors(pid_t pid)
{
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
        count += entry.path().empty() ? 0U : 1U;
    }
    return count;
}

// The soft limit alone, which may be raised again without a capability; 0: as far as it goes.
void limit_descriptors(pid_t pid, std::size_t most)
{
    rlimit limit{};
    BOOST_REQUIRE(::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) == 0);
    limit.rlim_cur = most == 0 ? limit.rlim_max : most;
    BOOST_REQUIRE(::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults_of_resources)

BOOST_FIXTURE_TEST_CASE(a_read_only_state_folder_fails_its_vrf_alone_until_it_can_be_written_again, Pair)
{
    OwnDisk disk("/var/lib/keavrfd/red", "size=64k", MS_RDONLY);
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("blue", "serving");
    BOOST_TEST(daemon.logs({"red", "instance.backoff", "/var/lib/keavrfd/red", "Read-only file system", "remount"}),
               daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    disk.mend();
    daemon.wait_until("red", "serving", 40s);
    BOOST_TEST(serves(red), daemon.log());
    daemon.stop();
}

// Kea would open its lease file again, and could take neither the new configuration nor the one before.
BOOST_FIXTURE_TEST_CASE(a_reload_over_a_read_only_state_folder_fails_and_kea_goes_on, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    daemon.wait_until("blue", "serving");
    // Over it, since Kea has a file open there for writing.
    const char* const folder = "/var/lib/keavrfd/red";
    BOOST_REQUIRE(::mount(folder, folder, nullptr, MS_BIND, nullptr) == 0);
    BOOST_REQUIRE(::mount(nullptr, folder, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0);
    daemon.write_configuration(red_and_blue + "defaults: {dhcp4: {valid-lifetime: 777}}\n");
    BOOST_TEST(!daemon.reload());
    BOOST_TEST(daemon.logs({"red", "/var/lib/keavrfd/red", "Read-only file system", "goes on"}), daemon.log());
    BOOST_TEST(daemon.log().find("Kea refuses") == std::string::npos, daemon.log());
    BOOST_TEST(daemon.log().find("not in place on all") == std::string::npos, daemon.log());
    daemon.wait_until("red", "serving");
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    BOOST_REQUIRE(::umount2(folder, MNT_DETACH) == 0);
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(on_a_full_runtime_folder_kea_is_not_blamed_for_a_reload_and_comes_back_when_it_dies, Pair)
{
    OwnDisk disk("/run/keavrfd", "size=512k");
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    daemon.wait_until("blue", "serving");
    disk.fill();
    daemon.write_configuration(red_and_blue + "defaults: {dhcp4: {valid-lifetime: 777}}\n");
    BOOST_TEST(!daemon.reload());
    BOOST_TEST(daemon.logs({"red", "No space left"}), daemon.log());
    BOOST_TEST(daemon.log().find("Kea refuses") == std::string::npos, daemon.log());
    daemon.wait_until("red", "serving");
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    daemon.write_configuration(red_and_blue);
    ::kill(kea, SIGKILL);
    BOOST_TEST(daemon.becomes(
                   "red", [kea](const auto& one) { return one.state == "serving" && one.kea.value() != kea; }, 40s),
               daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    disk.empty();
    BOOST_TEST(eventually(
                   [&] {
                       return slurp("/run/keavrfd/red/instance.json").find(std::to_string(daemon.kea("red"))) !=
                              std::string::npos;
                   },
                   20s),
               daemon.log());
    daemon.stop();
    disk.mend();
}

BOOST_FIXTURE_TEST_CASE(where_the_disk_for_leases_is_full_kea_is_not_blamed_and_goes_on_when_there_is_room, Pair)
{
    const OwnDisk disk("/var/lib/keavrfd/red", "size=64k");
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    daemon.wait_until("blue", "serving");
    disk.fill();
    for (std::uint8_t number = 1; number < 20; ++number) {
        std::ignore = red.client({0x02, 0, 0, 0, 1, number}).acquire(); // until a lease has no room
    }
    BOOST_TEST(serves(blue), daemon.log());
    disk.empty();
    BOOST_TEST(eventually([&] { return serves(red); }), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_keavrfd_that_starts_on_a_full_disk_goes_on_when_there_is_room, Pair)
{
    const OwnDisk disk("/var/lib/keavrfd", "size=64k");
    disk.fill();
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    disk.empty();
    BOOST_TEST(eventually([&] { return serves(red) && serves(blue); }), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(where_the_runtime_folder_is_full_what_serves_serves_on_and_the_new_comes_when_there_is_room,
                        Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    OwnDisk disk("/run/keavrfd", "size=256k");
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    disk.fill();
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    BOOST_TEST(daemon.logs({"blue", "instance.backoff", "No space left"}), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    disk.empty();
    daemon.wait_until("blue", "serving", 40s);
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    daemon.stop();
    disk.mend();
}

BOOST_FIXTURE_TEST_CASE(where_no_descriptors_are_left_a_new_vrf_fails_alone_until_there_are_some, Lab,
                        *unless_sanitized())
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    limit_descriptors(daemon.pid(), descriptors(daemon.pid()) + 1);
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    BOOST_TEST(daemon.logs({"blue", "Too many open files"}), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    limit_descriptors(daemon.pid(), 0);
    daemon.wait_until("blue", "serving", 40s);
    BOOST_TEST(serves(red), daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_keavrfd_that_can_open_nothing_leaves_alone_what_serves, Pair, *unless_sanitized())
{
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    daemon.wait_until("blue", "serving");
    limit_descriptors(daemon.pid(), 10);
    BOOST_TEST(daemon.logs({"red", "cannot look at its namespace's name", "Too many open files"}), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    limit_descriptors(daemon.pid(), 0);
    daemon.wait_until("red", "serving");
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    for (const auto* untrue : {"kea.stopped", "instance.refused", "hub.mended", "is the disk full"}) {
        BOOST_TEST(daemon.log_lines({untrue}).empty(), daemon.log());
    }
    daemon.stop();
}

// With what is left when they have taken what they could, a start of Kea would fail.
BOOST_FIXTURE_TEST_CASE(new_vrfs_that_cannot_come_up_take_no_descriptor_from_one_that_has_served, Lab,
                        *unless_sanitized())
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    std::string yaml = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n";
    auto daemon = Daemon::with(yaml);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    std::vector<Tenant> others;
    for (int number = 2; number < 8; ++number) {
        const auto text = std::to_string(number);
        others.push_back(add_tenant("eth" + text, "10.0." + text + ".1/24"));
        yaml += "  new" + text + ": {device: none, interfaces: [eth" + text + "]}\n";
    }
    limit_descriptors(daemon.pid(), descriptors(daemon.pid()) + 20);
    daemon.write_configuration(yaml);
    daemon.program().signal(SIGHUP);
    for (int number = 2; number < 8; ++number) {
        BOOST_TEST(daemon.logs(
                       {"vrf=new" + std::to_string(number), "instance.backoff", "Too many open files", "LimitNOFILE="}),
                   daemon.log());
    }
    // Between two attempts none of them holds on to what it got before it failed.
    const auto hold_nothing = [&] {
        const auto status = daemon.status();
        return status && std::all_of(status->instances.begin(), status->instances.end(), [](const auto& one) {
                   return one.state == "serving" || !std::filesystem::exists("/run/netns/keavrf-" + one.vrf.str());
               });
    };
    BOOST_TEST(eventually(hold_nothing), daemon.log());
    ::kill(kea, SIGKILL);
    BOOST_TEST(daemon.becomes("red", [&](const auto& one) { return one.state == "serving" && one.kea.value() != kea; }),
               daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    limit_descriptors(daemon.pid(), 0);
    for (int number = 2; number < 8; ++number) {
        daemon.wait_until("new" + std::to_string(number), "serving", 60s);
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(of_more_ports_than_there_are_descriptors_those_are_served_that_have_one, Lab,
                        *unless_sanitized())
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [\"eth*\"]}\n");
    daemon.wait_until("red", "serving");
    limit_descriptors(daemon.pid(), descriptors(daemon.pid()) + 2);
    const auto other = add_tenant("eth2", "10.0.0.1/24");
    BOOST_TEST(daemon.logs({"red", "port.failed", "eth2", "Too many open files"}), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    limit_descriptors(daemon.pid(), 0);
    BOOST_TEST(eventually([&] { return serves(other); }, 40s), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(whatever_number_of_descriptors_is_left_it_recovers, Lab, *unless_sanitized())
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    for (std::size_t left = 2; left < 10; left += 1) {
        BOOST_TEST_CONTEXT(left << " descriptors left")
        {
            const auto start = daemon.log_size();
            limit_descriptors(daemon.pid(), descriptors(daemon.pid()) + left);
            const auto blue = add_tenant("eth2", "10.0.0.1/24");
            BOOST_TEST(daemon.logs_since(start, {"blue", "instance."}), daemon.log());
            BOOST_TEST(serves(red), daemon.log().substr(start));
            limit_descriptors(daemon.pid(), 0);
            daemon.wait_until("blue", "serving", 40s);
            network.remove("eth2");
            daemon.wait_until("blue", "waiting");
        }
    }
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_cannot_be_executed_is_tried_again_until_it_can, Pair)
{
    // A copy of the test's own, which can lose its right to be executed.
    std::filesystem::copy_file("/usr/sbin/kea-dhcp4", folder() + "/kea-dhcp4");
    auto daemon = Daemon::with("kea: {dhcp4: " + folder() + "/kea-dhcp4}\n" + red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    daemon.wait_until("blue", "serving");
    std::filesystem::permissions(folder() + "/kea-dhcp4", std::filesystem::perms::owner_read);
    ::kill(kea, SIGKILL);
    BOOST_TEST(daemon.logs({"red", "instance.backoff", "execve", "Permission denied"}), daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    std::filesystem::permissions(folder() + "/kea-dhcp4", std::filesystem::perms(0755));
    daemon.wait_until("red", "serving", 40s);
    BOOST_TEST(serves(red), daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
