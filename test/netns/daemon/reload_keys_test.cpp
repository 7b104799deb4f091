// Keys of the file's `kea` map that a reload says are in force are so at once, for the Keas that run.
#include "adoption.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <string>

using namespace keavrf::test;

BOOST_AUTO_TEST_SUITE(reload_of_keys_about_kea)

BOOST_FIXTURE_TEST_CASE(the_log_of_a_running_kea_is_repeated_from_then_on_and_then_no_more, Adoption)
{
    auto daemon = Daemon::with(red_only);
    kea = daemon.wait_until("red", "serving").kea.value();
    daemon.write_configuration("kea: {log: inherit}\n" + red_only);
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    BOOST_TEST(daemon.logs({"red", "kea.log", "DHCP4_LEASE_ALLOC"}), daemon.log());
    daemon.write_configuration("kea: {log: file}\n" + red_only);
    BOOST_TEST(daemon.reload(), daemon.log());
    const auto start = daemon.log_size();
    BOOST_TEST(tenant.client({0x02, 0, 0, 0, 0, 0x07}).acquire().has_value(), daemon.log());
    BOOST_TEST(!daemon.logs_since(start, {"red", "kea.log"}, 2s), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_shorter_time_between_probes_finds_a_hung_kea_sooner, Adoption)
{
    auto daemon = Daemon::with("kea: {timeouts: {probe: 10m}}\n" + red_only);
    kea = daemon.wait_until("red", "serving").kea.value();
    BOOST_TEST(eventually([] { return slurp(red_record).find("\"answers-probes\":true") != std::string::npos; }));
    daemon.write_configuration("kea: {timeouts: {probe: 200ms}}\n" + red_only);
    BOOST_TEST(daemon.reload(), daemon.log());
    ::kill(kea, SIGSTOP);
    BOOST_TEST(daemon.logs({"red", "kea.hung"}), daemon.log());
    BOOST_TEST(
        daemon.becomes("red", [this](const auto& red) { return red.state == "serving" && red.kea.value() != kea; }),
        daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_shorter_time_to_stop_is_that_of_a_kea_that_runs_already, Adoption)
{
    auto daemon = Daemon::with("kea: {timeouts: {probe: 10m, stop: 10m}}\n" + red_only);
    kea = daemon.wait_until("red", "serving").kea.value();
    daemon.write_configuration("kea: {timeouts: {probe: 10m, stop: 200ms}}\n" + red_only);
    BOOST_TEST(daemon.reload(), daemon.log());
    ::kill(kea, SIGSTOP);
    BOOST_TEST(daemon.command({{"command", "vrf-restart"}, {"vrf", "red"}}).result == 0);
    BOOST_TEST(daemon.logs({"red", "kea.stopped", "SIGKILL"}), daemon.log());
    daemon.wait_until("red", "serving");
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
