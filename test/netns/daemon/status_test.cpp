// What status says is so at this moment, whatever state the VRF's last turn has concluded.
#include "adoption.hpp"
#include "own_disk.hpp"
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <string>

using namespace keavrf::test;

namespace {

bool holds(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

std::string shown(const std::vector<std::string>& arguments)
{
    std::vector<std::string> command{built("keavrfctl"), "status"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command).output;
}

std::string lifetime_of_red()
{
    return run({built("keavrfctl"), "kea", "red", "config-get"}).output;
}

} // namespace

BOOST_AUTO_TEST_SUITE(status)

// Whoever asks first has to wait for what does not come, and nobody after.
BOOST_FIXTURE_TEST_CASE(a_kea_that_hangs_is_told_of_as_soon_as_somebody_has_asked_it, Pair)
{
    using Clock = std::chrono::steady_clock;
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    daemon.wait_until("blue", "serving");
    ::kill(kea, SIGSTOP);
    const auto begin = Clock::now();
    const auto first = shown({"red"});
    const auto between = Clock::now();
    const auto second = shown({"red"});
    const auto end = Clock::now();
    BOOST_TEST(holds(first, "its Kea has not answered for"), first << daemon.log());
    BOOST_TEST(holds(second, "its Kea has not answered for"), second << daemon.log());
    BOOST_TEST(((end - between) * 2 < between - begin), "it is not asked again");
    BOOST_TEST(holds(shown({}), "its Kea has not answered for"));
    const auto replaced = [kea](const auto& now) {
        return now.state == "serving" && now.reason.empty() && now.kea.value() != kea;
    };
    BOOST_TEST(daemon.becomes("red", replaced, 30s), daemon.log());
    BOOST_TEST(daemon.log_lines({"red", "kea.hung"}).size() == 1U, daemon.log());
    BOOST_TEST(daemon.log_lines({"blue", "kea.hung"}).empty(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_hangs_is_told_of_where_nobody_has_asked_it, Pair)
{
    auto daemon = Daemon::with("kea: {timeouts: {probe: 1s}}\n" + red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    ::kill(kea, SIGSTOP);
    const auto silent = [](const auto& now) { return holds(now.reason, "its Kea has not answered for"); };
    BOOST_TEST(daemon.becomes("red", silent), daemon.log());
    ::kill(kea, SIGCONT);
    const auto well = [](const auto& now) { return now.state == "serving" && now.reason.empty(); };
    BOOST_TEST(daemon.becomes("red", well), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_has_ended_serves_nobody, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    for (int time = 0; time < 20; ++time) {
        const auto kea = daemon.wait_until("red", "serving").kea.value();
        ::kill(kea, SIGKILL);
        for (auto now = daemon.status_of("red"); now && now->kea.value() != 0; now = daemon.status_of("red")) {
            BOOST_TEST((now->state != "serving" || now->kea.value() == kea));
        }
        const auto now = daemon.status_of("red");
        BOOST_REQUIRE(now);
        BOOST_TEST((now->state != "serving" || now->kea.value() != 0), daemon.log());
        BOOST_TEST(run({built("keavrfctl"), "restart", "red"}).exit_code == 0); // no backoff
    }
    daemon.stop();
}

// The record says that nobody knows what it runs, so it is told; and it does not even answer.
BOOST_FIXTURE_TEST_CASE(a_kea_that_hangs_and_is_taken_over_is_said_to_be_replaced, Adoption)
{
    leave_a_service();
    change_record([](boost::json::object& record) { record["dhcp4"].as_object()["configuration-hash"] = ""; });
    ::kill(kea, SIGSTOP);
    auto daemon = Daemon::with("kea: {timeouts: {start: 2s}}\n" + red_only);
    const auto told = [](const auto& now) {
        return holds(now.reason, "its Kea is replaced by a new one") && holds(now.reason, "it does not answer");
    };
    BOOST_TEST(daemon.becomes("red", told, 20s), daemon.log());
    const auto replaced = [&](const auto& now) {
        return now.state == "serving" && now.reason.empty() && now.kea.value() != kea;
    };
    BOOST_TEST(daemon.becomes("red", replaced, 60s), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_name_that_somebody_else_has_is_a_warning_until_that_is_removed, Pair)
{
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    for (const std::string name : {"keavrf-red", "keavrf-hub"}) {
        const bool of_hub = name == "keavrf-hub";
        const auto warnings = [&] { return of_hub ? daemon.status()->warnings : daemon.status_of("red")->warnings; };
        remove_name(name);
        const auto other = keavrf::netns::create(name);
        if (!other) {
            continue; // keavrfd was quicker
        }
        BOOST_TEST(eventually([&] { return warnings().size() == 1U && holds(warnings()[0], "/run/netns/" + name); }),
                   daemon.log());
        BOOST_TEST(holds(shown({}), "warning: /run/netns/" + name), shown({}));
        BOOST_TEST((of_hub || holds(shown({"red"}), "Warning:    /run/netns/" + name)), shown({"red"}));
        remove_name(name);
        BOOST_TEST(eventually([&] { return warnings().empty(); }), daemon.log());
    }
    daemon.stop();
}

// Nothing can be written down, so Kea cannot be told what is wanted now; it serves all the same.
BOOST_FIXTURE_TEST_CASE(what_serves_is_serving_where_the_runtime_folder_is_full_and_is_told_when_there_is_room,
                        Adoption)
{
    const auto with = [](const std::string& lifetime) {
        return red_only + "defaults: {dhcp4: {valid-lifetime: " + lifetime + "}}\n";
    };
    OwnDisk disk("/run/keavrfd", "size=256k");
    leave_a_service(with("1111"));
    disk.fill();
    auto daemon = Daemon::with(with("3333"));
    BOOST_TEST(daemon.logs({"daemon.ready", "serving 1 of 1"}), daemon.log());
    const auto told = [](const auto& now) {
        return now.state == "serving" && holds(now.reason, "cannot be told to Kea") &&
               holds(now.reason, "No space left");
    };
    BOOST_TEST(daemon.becomes("red", told), daemon.log());
    renews(daemon);
    BOOST_TEST(daemon.logs({"red", "instance.serving", "No space left"}), daemon.log());
    BOOST_TEST(daemon.log_lines({"red", "instance.backoff"}).empty(), daemon.log());
    BOOST_TEST(daemon.log_lines({"red", "instance.serving"}).size() <= 2U, daemon.log());
    disk.empty();
    const auto well = [this](const auto& now) {
        return now.state == "serving" && now.reason.empty() && now.kea.value() == kea;
    };
    BOOST_TEST(daemon.becomes("red", well, 40s), daemon.log());
    BOOST_TEST(holds(lifetime_of_red(), "\"valid-lifetime\": 3333"), lifetime_of_red());
    daemon.stop();
    disk.mend();
}

BOOST_AUTO_TEST_SUITE_END()
