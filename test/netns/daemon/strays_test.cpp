// What a Kea has started, and leaves behind when it ends, neither keeps its VRF from the next Kea nor outlives keavrfd.
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <filesystem>
#include <string>

using namespace keavrf::test;

namespace {

struct Script : Lab {
    Tenant tenant = add_tenant("eth1", "192.168.1.1/24");
    std::string script;

    // Whose Kea has one running that does not end by itself.
    Daemon with_a_script(const std::string& text)
    {
        script = write_file("hook.sh", "#!/bin/sh\n" + text + "\nsleep 600\n");
        std::filesystem::permissions(script, std::filesystem::perms(0755));
        auto daemon = Daemon::with("vrfs:\n  red:\n    device: none\n    interfaces: [eth1]\n    dhcp4:\n"
                                   "      hooks-libraries:\n"
                                   "        - library: /usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_run_script.so\n"
                                   "          parameters: {name: " +
                                   script + ", sync: false}\n");
        daemon.wait_until("red", "serving");
        BOOST_TEST(tenant.client().acquire().has_value(), daemon.log());
        BOOST_TEST(eventually([this] { return !processes_with(script).empty(); }));
        BOOST_TEST(eventually([] { return !processes_with("sleep 600").empty(); }));
        return daemon;
    }
    bool is_gone() const { return processes_with(script).empty() && processes_with("sleep 600").empty(); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(strays)

BOOST_FIXTURE_TEST_CASE(a_script_that_a_killed_kea_leaves_is_ended_and_the_next_kea_starts_at_once, Script)
{
    auto daemon = with_a_script("");
    const auto before = daemon.kea("red");
    ::kill(before, SIGKILL);
    BOOST_TEST(daemon.becomes("red",
                              [&](const auto& red) {
                                  return red.state == "serving" && red.kea.value() > 0 && red.kea.value() != before;
                              }),
               daemon.log());
    BOOST_TEST(is_gone(), daemon.log());
    BOOST_TEST(daemon.logs({"red", "remnant.stopped"}), daemon.log());
    BOOST_TEST(daemon.log().find("still works on") == std::string::npos, daemon.log());
    BOOST_TEST(tenant.client().acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_script_that_does_not_mind_sigterm_does_not_outlive_keavrfd, Script)
{
    auto daemon = with_a_script("trap '' TERM");
    daemon.stop();
    BOOST_TEST(is_gone(), daemon.log());
}

BOOST_FIXTURE_TEST_CASE(a_program_of_the_operators_in_the_namespace_is_left_alone, Script)
{
    auto daemon = with_a_script("");
    Program program({"nsenter", "--net=/run/netns/keavrf-red", "--", "sleep", "500"});
    BOOST_TEST(eventually([] { return !processes_with("sleep 500").empty(); }));
    daemon.stop();
    BOOST_TEST(is_gone(), daemon.log());
    BOOST_TEST(processes_with("sleep 500").size() == 1U);
    ::kill(program.pid(), SIGKILL);
    BOOST_TEST(program.wait_for_exit().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
