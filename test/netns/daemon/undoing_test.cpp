// What cannot be undone: it is tried again with growing delays, nobody else notices, and it keeps nobody from stopping.
#include "own_disk.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mount.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

using namespace keavrf::test;

namespace {

const std::string blue_only = "vrfs:\n  blue: {device: none, interfaces: [eth2]}\n";
// A disk in it: the runtime folder cannot be removed.
const std::string in_the_way = "/run/keavrfd/red/x";

// Something of somebody's, mounted over a file; gone with the object.
class MountedOver {
public:
    explicit MountedOver(std::string path) : path_(std::move(path))
    {
        const auto mine = Sandbox::write_file("mounted", "somebody's\n");
        BOOST_REQUIRE(::mount(mine.c_str(), path_.c_str(), nullptr, MS_BIND, nullptr) == 0);
    }
    MountedOver(const MountedOver&) = delete;
    MountedOver& operator=(const MountedOver&) = delete;
    ~MountedOver() { unmount(); }
    void unmount()
    {
        if (!path_.empty()) {
            BOOST_TEST(::umount2(std::exchange(path_, {}).c_str(), MNT_DETACH) == 0);
        }
    }

private:
    std::string path_;
};

const std::string record = "/run/keavrfd/red/instance.json";
const std::string name = "/run/netns/keavrf-red";

struct Serving : Pair {
    Daemon daemon = Daemon::with(red_and_blue);
    pid_t kea_of_blue = 0;

    Serving()
    {
        daemon.wait_until("red", "serving");
        kea_of_blue = daemon.wait_until("blue", "serving").kea.value();
    }
    void check_blue() const
    {
        BOOST_TEST(serves(blue), daemon.log());
        BOOST_TEST(daemon.kea("blue") == kea_of_blue);
    }
};

// A stop has to be over within 10 s, as a container runtime's patience is.
void stops_in_time(Daemon& daemon)
{
    const auto began = std::chrono::steady_clock::now();
    daemon.stop();
    BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(10)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(undoing)

BOOST_FIXTURE_TEST_CASE(a_vrf_that_has_to_wait_and_cannot_be_taken_down_disturbs_nobody_and_a_stop_goes_on, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    const OwnDisk disk(in_the_way, "size=64k");
    network.remove("eth1");
    BOOST_TEST(daemon.logs({"red", "remnant.kept", "cannot remove"}), daemon.log());
    const auto waits = [](const auto& seen) { return seen.state == "waiting"; };
    BOOST_TEST(daemon.becomes("red", waits), daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(daemon.log_lines({"red", "remnant.kept"}).size() == 1U, daemon.log()); // told once, not for ever
    stops_in_time(daemon);
}

BOOST_FIXTURE_TEST_CASE(a_vrf_that_is_taken_out_of_the_file_goes_though_its_folder_stays, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    OwnDisk disk(in_the_way, "size=64k");
    daemon.write_configuration(blue_only);
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(daemon.forgets("red", 20s), daemon.log());
    BOOST_TEST(daemon.logs({"red", "remnant.kept", "cannot remove"}), daemon.log());
    disk.mend();
    daemon.write_configuration(red_and_blue);
    BOOST_TEST(daemon.reload(), daemon.log());
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(red), daemon.log());
    daemon.stop();
    BOOST_TEST(!std::filesystem::exists("/run/keavrfd/red"));
}

BOOST_FIXTURE_TEST_CASE(a_runtime_folder_that_has_become_read_only_does_not_keep_keavrfd_from_stopping, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    BOOST_REQUIRE(::mount("/run/keavrfd", "/run/keavrfd", nullptr, MS_BIND, nullptr) == 0);
    BOOST_REQUIRE(::mount(nullptr, "/run/keavrfd", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0);
    stops_in_time(daemon);
    BOOST_TEST(daemon.logs({"red", "instance.left-behind", "forget-record"}), daemon.log());
    BOOST_REQUIRE(::umount2("/run/keavrfd", MNT_DETACH) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_record_that_somebody_mounted_something_over_goes_when_that_has_gone, Serving)
{
    MountedOver mounted(record);
    network.remove("eth1");
    BOOST_TEST(daemon.logs({"red", "instance.undo", record, "Device or resource busy"}), daemon.log());
    const auto tells = [](const auto& now) {
        return now.state == "waiting" && now.reason.find(record) != std::string::npos;
    };
    BOOST_TEST(daemon.becomes("red", tells), daemon.log());
    check_blue();
    mounted.unmount();
    const auto waits = [](const auto& now) {
        return now.state == "waiting" && now.reason.find(record) == std::string::npos;
    };
    BOOST_TEST(daemon.becomes("red", waits, 40s), daemon.log());
    BOOST_TEST(!std::filesystem::exists(record));
    const auto again = add_tenant("eth1", "192.168.1.1/24");
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(again), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_vrf_that_goes_with_something_mounted_over_its_record_is_told_of_and_may_come_back, Serving)
{
    MountedOver mounted(record);
    daemon.write_configuration(blue_only);
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(daemon.forgets("red"), daemon.log());
    BOOST_TEST(daemon.logs({"red", "instance.left-behind", record, "forget-record"}), daemon.log());
    check_blue();
    mounted.unmount();
    daemon.write_configuration(red_and_blue);
    BOOST_TEST(daemon.reload(), daemon.log());
    daemon.wait_until("red", "serving");
    BOOST_TEST(serves(red), daemon.log());
    stops_in_time(daemon);
    BOOST_TEST(!std::filesystem::exists("/run/keavrfd/red"));
}

BOOST_FIXTURE_TEST_CASE(a_namespace_whose_name_something_is_mounted_over_serves_on_and_has_it_back_afterwards, Serving)
{
    const auto kea = daemon.kea("red");
    MountedOver mounted(name);
    BOOST_TEST(daemon.logs({"red", "namespace.name-taken", name}), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    check_blue();
    mounted.unmount();
    BOOST_TEST(daemon.kea("red") == kea);
    stops_in_time(daemon);
    BOOST_TEST(daemon.log_lines({"instance.left-behind"}).empty(), daemon.log());
}

// Below what is mounted there the name is still that of our namespace, and shows again when that has gone.
BOOST_FIXTURE_TEST_CASE(a_name_that_something_is_mounted_over_at_the_end_is_told_of_and_the_next_keavrfd_removes_it,
                        Serving)
{
    MountedOver mounted(name);
    BOOST_TEST(daemon.logs({"red", "namespace.name-taken", name}), daemon.log());
    stops_in_time(daemon);
    BOOST_TEST(daemon.logs({"red", "instance.left-behind", name, "mounted over"}), daemon.log());
    BOOST_TEST(processes_with("kea-dhcp4").empty());
    mounted.unmount();
    BOOST_TEST(std::filesystem::exists(name));
    auto next = Daemon::with(blue_only);
    next.wait_until("blue", "serving");
    BOOST_TEST(eventually([] { return !std::filesystem::exists(name); }), next.log());
    next.stop();
}

// No Kea lives there that could prove it, so that its record is all there is.
BOOST_FIXTURE_TEST_CASE(a_name_that_something_is_mounted_over_at_the_start_is_told_of_and_taken_over_when_that_has_gone,
                        Serving)
{
    MountedOver mounted(name);
    stops_in_time(daemon);
    BOOST_TEST(daemon.logs({"red", "instance.left-behind", name, "mounted over"}), daemon.log());
    auto next = Daemon::with(red_and_blue);
    next.wait_until("blue", "serving");
    BOOST_TEST(next.logs({"red", "remnant.undecided", name, "mounted over", "umount"}), next.log());
    next.wait_until("red", "backoff");
    BOOST_TEST(std::filesystem::exists(record));
    mounted.unmount();
    next.wait_until("red", "serving", 60s);
    BOOST_TEST(serves(red), next.log());
    stops_in_time(next);
    BOOST_TEST(!std::filesystem::exists(name));
}

// As that of a VRF: the record stays until the name can go.
BOOST_FIXTURE_TEST_CASE(a_hub_whose_name_something_is_mounted_over_is_known_to_the_next_keavrfd, Serving)
{
    const std::string hub = "/run/netns/keavrf-hub";
    MountedOver mounted(hub);
    BOOST_TEST(daemon.logs({"hub.name-taken", hub}), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    check_blue();
    stops_in_time(daemon);
    BOOST_TEST(daemon.logs({"hub.kept", hub, "mounted over", "umount"}), daemon.log());
    BOOST_TEST(!std::filesystem::exists(name));

    auto refused = Daemon::with(blue_only);
    BOOST_TEST((refused.program().wait_for_exit() == 1), refused.log());
    BOOST_TEST(refused.logs({"daemon.failed", hub, "mounted over", "umount"}, 0ms), refused.log());
    mounted.unmount();
    BOOST_TEST(std::filesystem::exists(hub));
    auto next = Daemon::with(blue_only);
    next.wait_until("blue", "serving");
    next.stop();
    BOOST_TEST(!std::filesystem::exists(hub));
}

BOOST_AUTO_TEST_SUITE_END()
