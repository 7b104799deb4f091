// What cannot be undone: it is tried again with growing delays, nobody else notices, and it keeps nobody from stopping.
#include "own_disk.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mount.h>

#include <chrono>
#include <filesystem>
#include <string>

using namespace keavrf::test;

namespace {

const std::string blue_only = "vrfs:\n  blue: {device: none, interfaces: [eth2]}\n";
// A disk in it: the runtime folder cannot be removed.
const std::string in_the_way = "/run/keavrfd/red/x";

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

BOOST_AUTO_TEST_SUITE_END()
