// A Kea that hangs while it starts, since its user's folder holds what it waits for: it keeps nobody else from being
// served, and its operator is not made to wait until its time is over.
#include "pair.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>

using namespace keavrf::test;

namespace {

constexpr unsigned old_lifetime = 1111;
constexpr unsigned new_lifetime = 2222;

// A start that hangs does so for longer than any test waits.
const std::string patient = "kea: {timeouts: {start: 300s, probe: 60s}}\n";

std::string log_of(const std::string& vrf)
{
    return "/var/log/keavrfd/" + vrf + "/kea-dhcp4.log";
}

// Whoever opens it to write waits for somebody who reads.
void let_it_hang(const std::string& vrf)
{
    std::filesystem::remove(log_of(vrf));
    BOOST_REQUIRE(::mkfifo(log_of(vrf).c_str(), 0666) == 0);
    std::filesystem::permissions(log_of(vrf), std::filesystem::perms(0666));
}

// Who waits already goes on waiting.
void let_the_next_not_hang(const std::string& vrf)
{
    std::filesystem::remove(log_of(vrf));
}

// Its Kea is gone, and the next one is there and not ready.
void replace_by_one_that_hangs(Daemon& daemon, const std::string& vrf)
{
    const auto before = daemon.kea(vrf);
    let_it_hang(vrf);
    ::kill(before, SIGKILL);
    const bool begun = daemon.becomes(vrf, [before](const keavrf::control::InstanceStatus& status) {
        return status.state == "starting" && status.kea.value() != 0 && status.kea.value() != before;
    });
    BOOST_REQUIRE_MESSAGE(begun, daemon.log());
    const auto opening = std::to_string(SYS_openat) + " ";
    const auto call = "/proc/" + std::to_string(daemon.kea(vrf)) + "/syscall";
    BOOST_REQUIRE_MESSAGE(eventually([&] { return slurp(call).starts_with(opening); }), slurp(call));
}

struct Five : Lab {
    std::map<std::string, Tenant> tenants;
    std::string configuration = patient + "vrfs:\n";

    Five()
    {
        for (const std::string number : {"1", "2", "3", "4", "5"}) {
            tenants.emplace("vrf" + number, add_tenant("eth" + number, "10.0." + number + ".1/24"));
            configuration += "  vrf" + number + ": {device: none, interfaces: [eth" + number + "]}\n";
        }
    }
};

std::string configuration(unsigned lifetime)
{
    return patient +
           "vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: " + std::to_string(lifetime) +
           "}}\n  blue: {device: none, interfaces: [eth2]}\n";
}

struct RedHangs : Pair {
    Daemon daemon = Daemon::with(configuration(old_lifetime));
    pid_t hanging = 0;

    RedHangs()
    {
        daemon.wait_until("red", "serving");
        daemon.wait_until("blue", "serving");
        replace_by_one_that_hangs(daemon, "red");
        hanging = daemon.kea("red");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(hanging_start)

BOOST_FIXTURE_TEST_CASE(however_many_hang_the_others_come_back, Five)
{
    auto daemon = Daemon::with(configuration);
    for (const auto& [vrf, tenant] : tenants) {
        daemon.wait_until(vrf, "serving");
    }
    for (const auto* vrf : {"vrf1", "vrf2", "vrf3", "vrf4"}) {
        replace_by_one_that_hangs(daemon, vrf);
    }
    ::kill(daemon.kea("vrf5"), SIGKILL);
    BOOST_TEST(daemon.logs({"kea.exited", "vrf=vrf5 "}), daemon.log());
    BOOST_TEST(daemon.wait_until("vrf5", "serving").restarts == 1U, daemon.log());
    BOOST_TEST(serves(tenants.at("vrf5")), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_restart_that_is_asked_for_ends_it, RedHangs)
{
    let_the_next_not_hang("red");
    BOOST_TEST(daemon.command({{"command", "vrf-restart"}, {"vrf", "red"}}).result == 0);
    const auto now = daemon.wait_until("red", "serving");
    BOOST_TEST(now.kea.value() != hanging, daemon.log());
    BOOST_TEST(now.reason.empty(), now.reason);
    BOOST_TEST(serves(red), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_reload_that_mends_it_is_applied, RedHangs)
{
    let_the_next_not_hang("red");
    daemon.write_configuration(configuration(new_lifetime));
    BOOST_TEST(daemon.reload(), daemon.log());
    const auto now = daemon.wait_until("red", "serving");
    BOOST_TEST(now.kea.value() != hanging, daemon.log());
    BOOST_TEST(now.reason.empty(), now.reason);
    auto client = red.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    BOOST_TEST((lease->ack.message.address_option(option::lease_time) == keavrf::Ipv4Address(new_lifetime)));
    daemon.stop();
}

// What it waits for comes to be, and it goes on where it was.
BOOST_FIXTURE_TEST_CASE(a_reload_that_does_not_concern_it_leaves_it_alone, RedHangs)
{
    daemon.write_configuration(configuration(old_lifetime) + "on-exit: stop\nlog: {level: debug}\n");
    const auto start = daemon.log_size();
    daemon.program().signal(SIGHUP);
    BOOST_TEST(daemon.logs_since(start, {"reload."}), daemon.log());
    BOOST_TEST(!daemon.logs_since(start, {"kea.exited"}, 3s), daemon.log());
    BOOST_TEST(daemon.kea("red") == hanging, daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
