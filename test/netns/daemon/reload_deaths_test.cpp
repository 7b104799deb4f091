// A Kea that dies or hangs over a new configuration takes the reload back, on all VRFs and for itself.
#include "held_reload.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <thread>

using namespace keavrf::test;

namespace {

constexpr unsigned old_lifetime = 1111;
constexpr unsigned new_lifetime = 2222;

std::string configuration(unsigned lifetime, const std::string& log = "file")
{
    const auto dhcp4 = ", dhcp4: {valid-lifetime: " + std::to_string(lifetime) + "}}\n";
    return "kea: {log: " + log + ", timeouts: {start: 8s}}\nvrfs:\n  red: {device: none, interfaces: [eth1]" + dhcp4 +
           "  blue: {device: none, interfaces: [eth2]" + dhcp4;
}

// red's Kea, stopped in the middle of a reload that blue's has gone through.
struct Stopped : HeldReload {
    explicit Stopped(const std::string& new_log = "file") : HeldReload(configuration(old_lifetime))
    {
        begin(configuration(new_lifetime, new_log));
        BOOST_TEST(daemon.logs_since(start, {"kea.reloaded", "vrf=blue "}), since());
        BOOST_REQUIRE_MESSAGE(!ended(), since());
    }
    void check_that_all_is_as_before(const std::string& why)
    {
        BOOST_TEST(daemon.logs_since(start, {"reload.refused"}, 60s), daemon.log().substr(start));
        BOOST_TEST(daemon.logs_since(start, {"reload.error", "vrf red: Kea " + why}, 0ms), daemon.log().substr(start));
        BOOST_TEST(daemon.logs_since(start, {"reload.error", "in force again on all VRFs"}, 0ms),
                   daemon.log().substr(start));
        BOOST_TEST(daemon.log_lines({"reload.done"}).empty());
        const auto mended = daemon.wait_until("red", "serving");
        BOOST_TEST(mended.reason.empty(), mended.reason);
        BOOST_TEST(mended.restarts == 1U);
        BOOST_TEST(mended.kea.value() != red_kea);
        BOOST_TEST(daemon.kea("blue") == blue_kea);
        for (const auto* tenant : {&red, &blue}) {
            auto client = tenant->client();
            const auto lease = client.acquire();
            BOOST_REQUIRE_MESSAGE(lease, daemon.log().substr(start));
            BOOST_TEST((lease->ack.message.address_option(option::lease_time) == keavrf::Ipv4Address(old_lifetime)));
        }
        const auto file = slurp("/run/keavrfd/red/kea-dhcp4.conf");
        BOOST_TEST(file.find(std::to_string(old_lifetime)) != std::string::npos);
        BOOST_TEST(file.find(std::to_string(new_lifetime)) == std::string::npos);
    }
    void check_that_a_reload_works()
    {
        BOOST_TEST(daemon.reload(), daemon.log().substr(start));
        auto client = blue.client();
        const auto lease = client.acquire();
        BOOST_REQUIRE_MESSAGE(lease, daemon.log().substr(start));
        BOOST_TEST((lease->ack.message.address_option(option::lease_time) == keavrf::Ipv4Address(new_lifetime)));
    }
};

struct StoppedWithAnotherLog : Stopped {
    StoppedWithAnotherLog() : Stopped("inherit") {}
};

} // namespace

BOOST_AUTO_TEST_SUITE(reload)

BOOST_FIXTURE_TEST_CASE(a_kea_that_dies_over_its_configuration_takes_it_back_everywhere, Stopped)
{
    ::kill(red_kea, SIGKILL);
    check_that_all_is_as_before("died while it took the configuration (killed by SIGKILL)");
    check_that_a_reload_works();
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_hangs_over_its_configuration_takes_it_back_everywhere, Stopped)
{
    check_that_all_is_as_before("hung while it took the configuration");
    BOOST_TEST(daemon.logs_since(start, {"kea.hung", "vrf=red "}, 0ms), daemon.log().substr(start));
    check_that_a_reload_works();
    daemon.stop();
}

// Nobody knows whether Kea took it, and the file says by now what it ran before.
BOOST_FIXTURE_TEST_CASE(a_kea_that_takes_what_a_killed_keavrfd_told_it_is_told_again_what_the_file_says, Stopped)
{
    ::kill(daemon.pid(), SIGKILL);
    BOOST_TEST((daemon.program().wait_for_exit() == 128 + SIGKILL));
    ::kill(red_kea, SIGCONT);
    auto next = Daemon::with(configuration(old_lifetime));
    BOOST_TEST(next.wait_until("red", "serving").kea.value() == red_kea, next.log());
    const auto has_old_lifetime = [this] {
        const auto lease = red.client().acquire();
        return lease && lease->ack.message.address_option(option::lease_time) == keavrf::Ipv4Address(old_lifetime);
    };
    BOOST_TEST(eventually(has_old_lifetime), next.log());
    BOOST_TEST(next.kea("red") == red_kea, next.log());
    next.stop();
}

// Whoever signals after each of many edits is not kept waiting for as many reloads.
BOOST_FIXTURE_TEST_CASE(one_that_is_under_way_when_keavrfd_stops_is_given_up_with_a_word, Stopped)
{
    Program asking({built("keavrfctl"), "reload"});
    BOOST_REQUIRE(eventually([&] {
        return since().find("reload.begin") != since().rfind("reload.begin"); // the signal's, and this one
    }));
    daemon.program().signal(SIGTERM);
    BOOST_TEST((asking.wait_for_exit() == 1));
    BOOST_TEST(asking.errors().find("keavrfd stops: 'config-reload' is given up") != std::string::npos,
               asking.errors());
    BOOST_TEST((daemon.program().wait_for_exit() == 0), since());
    BOOST_TEST(daemon.logs({"reload.given-up"}, 0ms), since());
}

BOOST_FIXTURE_TEST_CASE(signals_that_come_during_a_reload_are_one_more, Stopped)
{
    for (unsigned number = 0; number < 5; ++number) {
        daemon.program().signal(SIGHUP);
        std::this_thread::sleep_for(50ms); // each is heard by itself
    }
    ::kill(red_kea, SIGCONT);
    BOOST_TEST(eventually([&] { return daemon.log_lines({"reload.done"}).size() >= 2; }), daemon.log().substr(start));
    BOOST_TEST(daemon.reload(), daemon.log().substr(start));
    BOOST_TEST(daemon.log_lines({"reload.begin"}).size() == 3U, daemon.log().substr(start));
    BOOST_TEST(daemon.kea("red") == red_kea);
    daemon.stop();
}

// blue's is started while red's hangs, by the keys that are taken back afterwards.
BOOST_FIXTURE_TEST_CASE(what_is_said_about_kea_is_taken_back_too_for_one_that_was_started_meanwhile,
                        StoppedWithAnotherLog)
{
    ::kill(blue_kea, SIGKILL);
    BOOST_TEST(daemon.logs_since(start, {"kea.started", "vrf=blue "}), daemon.log().substr(start));
    BOOST_TEST(blue.client().acquire().has_value(), daemon.log().substr(start));
    BOOST_TEST(daemon.logs_since(start, {"kea.log", "vrf=blue "}), daemon.log().substr(start));
    BOOST_TEST(!ended());
    BOOST_TEST(daemon.logs_since(start, {"reload.refused"}, 60s), daemon.log().substr(start));
    const auto back = daemon.log_size();
    BOOST_TEST(blue.client({0x02, 0, 0, 0, 0, 0x07}).acquire().has_value(), daemon.log().substr(start));
    BOOST_TEST(!daemon.logs_since(back, {"kea.log"}, 2s), daemon.log().substr(start));
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
