// A Kea that keavrfd stops: the log says why, and of each that a new one takes the place of there is one warning.
#include "adoption.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/mount.h>

#include <string>

using namespace keavrf::test;

namespace {

void delete_in_hub(const std::string& link)
{
    const auto done = run({"nsenter", "--net=/run/netns/keavrf-hub", "--", "ip", "link", "del", link});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.errors);
}

struct Serving : Pair {
    Daemon daemon = Daemon::with(red_and_blue);
    pid_t kea = 0;

    Serving()
    {
        kea = daemon.wait_until("red", "serving").kea.value();
        daemon.wait_until("blue", "serving");
    }
    void wait_for_another()
    {
        const auto replaced = [this](const auto& now) {
            return now.state == "serving" && now.kea.value() != 0 && now.kea.value() != kea;
        };
        BOOST_TEST(daemon.becomes("red", replaced), daemon.log());
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(stop_causes)

BOOST_FIXTURE_TEST_CASE(a_veth_pair_that_is_removed_is_named, Serving)
{
    delete_in_hub("red");
    wait_for_another();
    BOOST_TEST(daemon.log_lines({"red", "kea.distrusted", "veth pair"}).size() == 1U, daemon.log());
    BOOST_TEST(daemon.logs({"red", "kea.stopped", "because=", "veth pair"}), daemon.log());
    BOOST_TEST(daemon.log_lines({"blue", "kea.distrusted"}).empty(), daemon.log());
    daemon.stop();
    BOOST_TEST(daemon.log_lines({"blue", "kea.stopped", "because=", "keavrfd stops"}).size() == 1U, daemon.log());
}

BOOST_FIXTURE_TEST_CASE(what_an_operator_asks_for_is_named_without_a_warning, Serving)
{
    BOOST_TEST(run({built("keavrfctl"), "restart", "red"}).exit_code == 0);
    wait_for_another();
    BOOST_TEST(daemon.logs({"red", "kea.stopped", "because=", "a restart was asked for"}), daemon.log());
    BOOST_TEST(daemon.log_lines({"kea.distrusted"}).empty(), daemon.log());
    daemon.write_configuration("vrfs:\n  blue: {device: none, interfaces: [eth2]}\n");
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(daemon.forgets("red"), daemon.log());
    const auto stops = daemon.log_lines({"red", "kea.stopped", "because="});
    BOOST_TEST(stops.size() == 2U, daemon.log());
    BOOST_TEST(daemon.log_lines({"red", "kea.stopped", "because=\"\""}).empty(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_hub_that_goes_while_keavrfd_is_away_is_named, Adoption)
{
    leave_a_service();
    BOOST_REQUIRE(::umount2("/run/netns/keavrf-hub", MNT_DETACH) == 0);
    auto daemon = Daemon::with(red_only);
    const auto replaced = [&](const auto& now) { return now.state == "serving" && now.kea.value() != kea; };
    BOOST_TEST(daemon.becomes("red", replaced), daemon.log());
    BOOST_TEST(daemon.logs({"hub.gone"}), daemon.log());
    BOOST_TEST(daemon.log_lines({"red", "kea.distrusted", "the hub's end of its veth pair is gone"}).size() == 1U,
               daemon.log());
    BOOST_TEST(daemon.logs({"red", "kea.stopped", "because=", "veth pair"}), daemon.log());
    renews(daemon);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
