// What keavrfd does to its host: one thread, no program but Kea, and a host namespace that gains nothing.
#include "netns/namespace.hpp"
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <filesystem>
#include <sstream>
#include <tuple>

using namespace keavrf::test;

namespace {

const std::string red_and_blue = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n"
                                 "  blue: {device: none, interfaces: [eth2]}\n";

std::ptrdiff_t threads(pid_t pid)
{
    namespace fs = std::filesystem;
    return std::distance(fs::directory_iterator("/proc/" + std::to_string(pid) + "/task"), fs::directory_iterator());
}

} // namespace

BOOST_AUTO_TEST_SUITE(host)

BOOST_FIXTURE_TEST_CASE(the_host_gains_nothing_during_the_run_and_after_it, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    const auto before = settled_host_state();
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    daemon.wait_until("blue", "serving");
    auto client = red.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST(client.renew(*lease).has_value());
    BOOST_TEST(difference(before, host_state()) == "");
    BOOST_TEST(neighbours().find("169.254.") == std::string::npos, neighbours());
    daemon.stop();
    BOOST_TEST(difference(before, host_state()) == "");
    BOOST_TEST(neighbours().find("169.254.") == std::string::npos, neighbours());
    BOOST_TEST(run({"ip", "netns"}).output == "");
    check_nothing_left();
}

// The kernel's link watch takes a veth end whose peer has the same index for one that can wait a second.
BOOST_FIXTURE_TEST_CASE(the_ends_of_a_pair_have_different_indexes, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n");
    daemon.wait_until("red", "serving");
    const auto hub = keavrf::netns::open("keavrf-hub").value();
    const auto inside = keavrf::netns::open("keavrf-red").value();
    const auto here = Network(hub.fd.get()).link("red").index;
    const auto there = Network(inside.fd.get()).link("kea0").index;
    BOOST_TEST(here.value() != there.value());
    daemon.stop();
}

// What comes and goes between two looks is seen by whoever watches: a routing daemon, NetworkManager, udev.
BOOST_FIXTURE_TEST_CASE(nobody_who_watches_the_host_hears_of_it, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    std::ignore = settled_host_state();
    Program monitor({"ip", "monitor", "link", "address", "route", "rule", "netconf"});
    // The first sign proves that it listens, the last that it has told everything.
    const auto heard = [&](const std::string& address) {
        BOOST_REQUIRE(eventually([&] {
            const auto added = run({"ip", "address", "replace", address, "dev", "lo"});
            return monitor.output().find(address) != std::string::npos;
        }));
    };
    heard("127.0.0.11/32");
    const auto begin = monitor.output().size();
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n");
    const auto kea = daemon.wait_until("red", "serving").kea;
    auto client = red.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    BOOST_TEST(daemon.reload(), daemon.log());
    ::kill(kea.value(), SIGKILL);
    const auto is_back = [&](const auto& status) { return status.state == "serving" && status.kea != kea; };
    BOOST_TEST(daemon.becomes("red", is_back), daemon.log());
    daemon.stop();
    heard("127.0.0.12/32");
    std::istringstream lines(monitor.output().substr(begin));
    for (std::string line; std::getline(lines, line);) {
        const bool sign = line.find("127.0.0.1") != std::string::npos || line.find("valid_lft") != std::string::npos;
        BOOST_TEST(sign, "the host changed: " << line);
    }
}

BOOST_FIXTURE_TEST_CASE(it_has_one_thread_and_kea_runs_as_nobody_special, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n");
    const auto kea = daemon.wait_until("red", "serving").kea.value();
    BOOST_TEST(threads(daemon.pid()) == 1);
    auto client = red.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(threads(daemon.pid()) == 1);
    const auto status = slurp("/proc/" + std::to_string(kea) + "/status");
    BOOST_TEST(status.find("Uid:\t0") == std::string::npos, status);
    BOOST_TEST(status.find("NoNewPrivs:\t1") != std::string::npos, status);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(it_keeps_no_capability_that_it_does_not_need, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n");
    daemon.wait_until("red", "serving");
    // CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, KILL 5, SETGID 6, SETUID 7, NET_BIND_SERVICE 10, NET_ADMIN 12, NET_RAW 13,
    // SYS_PTRACE 19, SYS_ADMIN 21 (linux/capability.h).
    const std::string wanted = "0000000000"
                               "2834eb";
    const auto status = slurp("/proc/" + std::to_string(daemon.pid()) + "/status");
    for (const auto* set : {"CapPrm:\t", "CapEff:\t", "CapBnd:\t"}) {
        BOOST_TEST(status.find(set + wanted) != std::string::npos, set << wanted << " is not in\n" << status);
    }
    BOOST_TEST(status.find("CapAmb:\t0000000000000000") != std::string::npos, status);
    // And works on with them: another VRF, another Kea.
    const auto kea = daemon.kea("red");
    ::kill(kea, SIGKILL);
    const auto again = [&](const auto& now) { return now.state == "serving" && now.kea.value() != kea; };
    BOOST_TEST(daemon.becomes("red", again), daemon.log());
    BOOST_TEST(red.client().acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(too_few_descriptors_for_the_configuration_are_told_at_the_start, Lab)
{
    std::string yaml = "vrfs:\n";
    for (int number = 0; number < 20; ++number) {
        yaml +=
            "  vrf" + std::to_string(number) + ": {device: none, interfaces: [eth" + std::to_string(number) + "]}\n";
    }
    const auto file = write_file("keavrfd.yaml", yaml);
    const auto refused = run(
        {"setpriv", "--bounding-set=-sys_resource", "prlimit", "--nofile=100:100", "--", built("keavrfd"), "-c", file});
    BOOST_TEST(refused.exit_code == 1, refused.errors);
    BOOST_TEST(refused.errors.find("open 100 files") != std::string::npos, refused.errors);
    BOOST_TEST(refused.errors.find("LimitNOFILE") != std::string::npos, refused.errors);
    // Where the hard limit lets it, it raises the soft one.
    Program allowed({"prlimit", "--nofile=100:", "--", built("keavrfd"), "-c", file});
    BOOST_TEST(allowed.says("daemon.ready"), allowed.errors());
    allowed.signal(SIGTERM);
    BOOST_TEST((allowed.wait_for_exit() == 0), allowed.errors());
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_hangs_when_it_is_asked_for_its_version_is_told_with_what_to_do, Lab)
{
    const auto hanging = write_file("kea-dhcp4", "#!/bin/sh\nexec sleep 1000\n");
    std::filesystem::permissions(hanging, std::filesystem::perms(0755));
    const auto file =
        write_file("keavrfd.yaml", "kea: {dhcp4: " + hanging + "}\nvrfs: {red: {device: none, interfaces: [eth1]}}\n");
    const auto refused = run({built("keavrfd"), "-c", file}, {}, 60s);
    BOOST_TEST(refused.exit_code == 1, refused.errors);
    for (const auto* said : {"kea-dhcp4 -v did not end within 10 s", "by hand"}) {
        BOOST_TEST(refused.errors.find(said) != std::string::npos, refused.errors);
    }
    BOOST_TEST(refused.errors.find("Connection timed out") == std::string::npos, refused.errors);
}

BOOST_FIXTURE_TEST_CASE(it_works_under_the_filter_of_its_unit, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    ProgramOptions options;
    options.restricted_namespaces = true;
    BOOST_REQUIRE(run({"unshare", "--mount", "true"}).exit_code == 0);
    BOOST_REQUIRE_MESSAGE(run({"unshare", "--mount", "true"}, options).exit_code != 0, "the filter filters nothing");
    BOOST_REQUIRE(run({"unshare", "--net", "true"}, options).exit_code == 0);
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1]}\n", options);
    daemon.wait_until("red", "serving");
    auto client = red.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(it_executes_nothing_but_kea, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto file = write_file("keavrfd.yaml", "vrfs:\n  red: {device: none, interfaces: [eth1]}\n");
    const auto trace = folder() + "/trace";
    // LeakSanitizer cannot look at a process that is traced already.
    Program traced({"strace", "-E", "ASAN_OPTIONS=detect_leaks=0", "-f", "-qq", "-e", "trace=execve,execveat", "-e",
                    "signal=none", "-o", trace, built("keavrfd"), "-c", file});
    const auto traced_daemon = [&] {
        for (const auto& process : processes_with(built("keavrfd") + " -c")) {
            if (process.parent == traced.pid()) {
                return process.pid;
            }
        }
        return pid_t{0};
    };
    BOOST_REQUIRE_MESSAGE(traced.says("instance.serving"), traced.errors());
    auto client = red.client();
    BOOST_TEST(client.acquire().has_value(), traced.errors());
    ::kill(traced_daemon(), SIGHUP);
    BOOST_TEST(traced.says("reload.done"), traced.errors());
    ::kill(traced_daemon(), SIGTERM);
    BOOST_TEST((traced.wait_for_exit() == 0), traced.errors());
    std::istringstream lines(slurp(trace));
    std::size_t executions = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("execve") == std::string::npos) {
            continue;
        }
        ++executions;
        const bool allowed = line.find("(\"" + built("keavrfd") + "\"") != std::string::npos ||
                             line.find("kea-dhcp4\"") != std::string::npos ||
                             line.find("kea-lfc\"") != std::string::npos;
        BOOST_TEST(allowed, "executed: " << line);
    }
    BOOST_TEST(executions >= 3U, "itself, `kea-dhcp4 -v`, and Kea");
}

BOOST_FIXTURE_TEST_CASE(the_command_line_client_shows_what_is_served, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("red", "serving");
    auto client = red.client();
    BOOST_REQUIRE_MESSAGE(client.acquire(), daemon.log());
    client.set_address({0x02, 0, 0, 0, 0, 0x02});
    BOOST_REQUIRE_MESSAGE(client.acquire(), daemon.log());
    const auto table = run({built("keavrfctl"), "status"});
    BOOST_TEST(table.exit_code == 0, table.errors);
    BOOST_TEST(table.output.find("red") != std::string::npos, table.output);
    BOOST_TEST(table.output.find("serving") != std::string::npos, table.output);
    BOOST_TEST(table.output.find("waiting") != std::string::npos, table.output);
    const auto json = run({built("keavrfctl"), "--json", "status", "red"});
    BOOST_TEST(json.exit_code == 0, json.errors);
    BOOST_TEST(json.output.find("\"leases\":2") != std::string::npos, json.output);
    const auto one = run({built("keavrfctl"), "status", "red"});
    BOOST_TEST(one.output.find("Leases:     2\n") != std::string::npos, one.output);
    const auto other = run({built("keavrfctl"), "status", "blue"});
    BOOST_TEST(other.output.find("Leases:     -\n") != std::string::npos, other.output);
    BOOST_TEST(other.output.find("Reason:     no client interface\n") != std::string::npos, other.output);
    const auto passed = run({built("keavrfctl"), "kea", "red", "version-get"});
    BOOST_TEST(passed.exit_code == 0, passed.errors);
    BOOST_TEST(passed.output.find("2.") != std::string::npos, passed.output);
    const auto refused = run({built("keavrfctl"), "kea", "red", "shutdown"});
    BOOST_TEST(refused.exit_code == 1, refused.output);
    BOOST_TEST(run({built("keavrfctl"), "status", "no-such-vrf"}).exit_code == 1);
    const auto stopped = run({built("keavrfctl"), "stop"});
    BOOST_TEST(stopped.exit_code == 0, stopped.errors);
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
    BOOST_TEST(run({built("keavrfctl"), "status"}).exit_code == 1);
    BOOST_TEST(run({built("keavrfctl"), "no-such-command"}).exit_code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
