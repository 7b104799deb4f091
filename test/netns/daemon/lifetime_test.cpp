// What ends, and what comes back: Kea killed, keavrfd killed, two of them, PID 1, signals (DESIGN sections 6 and 7).
#include "netns/socket.hpp"
#include "support/lab.hpp"

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <array>
#include <filesystem>

using namespace keavrf::test;

namespace {

const std::string red_only = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n";
const std::string red_and_blue = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n"
                                 "  blue: {device: none, interfaces: [eth2]}\n";

// Processes that have ended and were not reaped by this parent.
bool has_zombie(pid_t parent)
{
    return run({"ps", "--ppid", std::to_string(parent), "-o", "state="}).output.find('Z') != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(lifetime)

BOOST_FIXTURE_TEST_CASE(a_kea_that_is_killed_comes_back_with_its_leases, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_only);
    const auto kea = daemon.wait_until("red", "serving").kea;
    auto client = tenant.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    ::kill(kea.value(), SIGKILL);
    BOOST_TEST(
        daemon.becomes(
            "red", [&](const auto& red) { return red.state == "serving" && red.kea.value() != 0 && red.kea != kea; }),
        daemon.log());
    const auto again = client.renew(*lease);
    BOOST_REQUIRE_MESSAGE(again, daemon.log());
    BOOST_TEST(again->message.type() == type::ack);
    BOOST_TEST(again->message.yiaddr == lease->address);
    BOOST_TEST(daemon.status_of("red")->restarts >= 1U);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_is_stopped_is_found_by_probing_and_replaced_within_ten_seconds, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    auto daemon = Daemon::with(red_and_blue);
    const auto kea = daemon.wait_until("red", "serving").kea;
    const auto other = daemon.wait_until("blue", "serving").kea;
    auto client = red.client();
    const auto lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    const auto stopped = Clock::now();
    ::kill(kea.value(), SIGSTOP);
    const auto replaced = [&](const auto& status) {
        return status.state == "serving" && status.kea.value() != 0 && status.kea != kea;
    };
    BOOST_TEST(daemon.becomes("red", replaced), daemon.log());
    BOOST_TEST((Clock::now() - stopped < 10s), "the bound that the design names");
    BOOST_TEST(daemon.logs({"kea.hung", "red"}), daemon.log());
    const auto again = client.renew(*lease);
    BOOST_REQUIRE_MESSAGE(again, daemon.log());
    BOOST_TEST(again->message.type() == type::ack);
    BOOST_TEST(daemon.kea("blue") == other.value());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(probes_are_in_no_counter_and_in_no_log_of_kea, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("kea: {timeouts: {probe: 100ms}}\n" + red_only);
    daemon.wait_until("red", "serving");
    const auto log = Daemon::kea_log("red");
    const auto informs = [&] {
        const boost::json::object which{{"name", "pkt4-inform-received"}};
        const auto answer = daemon.command({{"command", "statistic-get"}, {"vrf", "red"}, {"arguments", which}});
        const auto* values = answer.ok() && answer.arguments ? answer.arguments->if_object() : nullptr;
        const auto* counted = values != nullptr ? values->if_contains("pkt4-inform-received") : nullptr;
        return counted != nullptr ? counted->as_array().at(0).as_array().at(0).to_number<int>() : 0;
    };
    BOOST_TEST(eventually([&] { return informs() >= 10; }), daemon.log());
    const auto status = daemon.status_of("red");
    BOOST_REQUIRE(status.has_value());
    BOOST_TEST(status->messages_in == 0U);
    BOOST_TEST(status->messages_out == 0U);
    BOOST_TEST(status->drops.empty());
    BOOST_TEST(Daemon::kea_log("red").find("INFORM", log.size()) == std::string::npos);
    BOOST_TEST(daemon.log().find("kea.no-probes") == std::string::npos);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_configuration_that_answers_no_probe_is_watched_by_its_control_channel, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    // Kea drops what is in the class DROP before it looks at anything else.
    auto daemon = Daemon::with("vrfs:\n  red:\n    device: none\n    interfaces: [eth1]\n    dhcp4:\n"
                               "      client-classes: [{name: DROP, test: \"pkt4.msgtype == 8\"}]\n");
    const auto kea = daemon.wait_until("red", "serving").kea;
    BOOST_TEST(daemon.logs({"kea.no-probes", "red"}), daemon.log());
    auto client = tenant.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea.value());
    ::kill(kea.value(), SIGSTOP);
    const auto replaced = [&](const auto& status) {
        return status.state == "serving" && status.kea.value() != 0 && status.kea != kea;
    };
    BOOST_TEST(daemon.becomes("red", replaced), daemon.log());
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(after_keavrfd_was_killed_the_next_one_serves_with_the_old_leases, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    std::optional<Lease> lease;
    auto client = tenant.client();
    {
        auto daemon = Daemon::with(red_only);
        daemon.wait_until("red", "serving");
        lease = client.acquire();
        BOOST_REQUIRE_MESSAGE(lease, daemon.log());
        ::kill(daemon.pid(), SIGKILL);
        BOOST_TEST((daemon.program().wait_for_exit() == 128 + SIGKILL));
    }
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    BOOST_TEST(processes_with("kea-dhcp4").size() == 1U);
    const auto renewed = client.renew(*lease);
    BOOST_REQUIRE_MESSAGE(renewed, daemon.log());
    BOOST_TEST(renewed->message.type() == type::ack);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_second_keavrfd_on_the_same_folders_is_refused_and_the_first_goes_on, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_only);
    const auto kea = daemon.wait_until("red", "serving").kea;
    auto second = Daemon::with(red_only);
    BOOST_TEST((second.program().wait_for_exit() == 1));
    BOOST_TEST(second.log().find("another keavrfd") != std::string::npos, second.log());
    BOOST_TEST(second.log().find(std::to_string(daemon.pid())) != std::string::npos, second.log());
    BOOST_TEST(daemon.kea("red") == kea.value());
    auto client = tenant.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_second_keavrfd_with_other_folders_but_the_same_prefix_is_refused, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    auto second =
        Daemon::with("runtime-dir: /run/other\nstate-dir: /var/lib/other\nlog-dir: /var/log/other\n" + red_only);
    BOOST_TEST((second.program().wait_for_exit() == 1));
    BOOST_TEST(second.log().find("keavrf-") != std::string::npos, second.log());
    for (const auto* folder : {"/run/other", "/var/lib/other", "/var/log/other"}) {
        BOOST_TEST(!std::filesystem::exists(folder), folder << " is left of a start that was refused");
    }
    auto client = tenant.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_second_keavrfd_that_shares_only_the_folder_of_logs_is_refused, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    auto second = Daemon::with("runtime-dir: /run/other\nstate-dir: /var/lib/other\nnetns-prefix: other-\n" + red_only);
    BOOST_TEST((second.program().wait_for_exit() == 1));
    BOOST_TEST(second.log().find("already uses the log folder /var/log/keavrfd") != std::string::npos, second.log());
    daemon.stop();
    BOOST_TEST(!std::filesystem::exists("/var/log/keavrfd/.keavrfd.lock"));
}

BOOST_FIXTURE_TEST_CASE(lock_files_that_somebody_removes_are_made_anew_and_a_second_keavrfd_is_still_refused, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    const std::array<std::string, 3> locks{"/run/keavrfd/.lock", "/var/lib/keavrfd/.lock", "/run/keavrfd.keavrf-.lock"};
    for (const auto& lock : locks) {
        BOOST_TEST(std::filesystem::remove(lock), lock);
    }
    std::filesystem::remove_all("/run/keavrfd");
    for (const auto& lock : locks) {
        BOOST_TEST(eventually([&] { return std::filesystem::exists(lock); }), lock << daemon.log());
    }
    BOOST_TEST(daemon.logs({"lock.remade", locks[2]}), daemon.log());
    for (const auto* other : {"", "runtime-dir: /run/other\nstate-dir: /var/lib/other\n"}) {
        auto second = Daemon::with(other + red_only);
        BOOST_TEST((second.program().wait_for_exit() == 1));
        BOOST_TEST(second.log().find("another keavrfd (pid " + std::to_string(daemon.pid())) != std::string::npos,
                   second.log());
    }
    const auto back = [](const auto& status) { return status.state == "serving" && status.restarts > 0; };
    BOOST_TEST(daemon.becomes("red", back), daemon.log());
    BOOST_TEST(tenant.client().acquire().has_value(), daemon.log());
    daemon.stop();
    for (const auto& lock : locks) {
        BOOST_TEST(!std::filesystem::exists(lock), lock);
    }
}

BOOST_FIXTURE_TEST_CASE(two_keavrfd_with_folders_and_prefixes_of_their_own_live_side_by_side, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    auto first = Daemon::with(red_only);
    auto second = Daemon::with("runtime-dir: /run/other\nstate-dir: /var/lib/other\nlog-dir: /var/log/other\n"
                               "netns-prefix: other-\n"
                               "vrfs:\n  blue: {device: none, interfaces: [eth2]}\n");
    second.control_socket = "/run/other/control.sock";
    first.wait_until("red", "serving");
    second.wait_until("blue", "serving");
    auto red_client = red.client();
    auto blue_client = blue.client();
    BOOST_TEST(red_client.acquire().has_value(), first.log());
    BOOST_TEST(blue_client.acquire().has_value(), second.log());
    first.stop();
    BOOST_TEST(blue_client.acquire().has_value(), second.log());
    second.stop();
}

BOOST_FIXTURE_TEST_CASE(where_port_67_is_taken_that_domain_waits_and_the_others_serve, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    keavrf::netns::UdpBinding binding;
    binding.device = "eth1";
    binding.port = 67;
    auto other_server = keavrf::netns::open_udp_socket(binding);
    BOOST_REQUIRE(other_server.has_value());
    auto daemon = Daemon::with(red_and_blue);
    daemon.wait_until("blue", "serving");
    auto client = blue.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    BOOST_TEST(daemon.logs({"vrf=red", "port eth1", "0.0.0.0:67", "Address already in use", "ss -ulpn"}), daemon.log());
    other_server->reset();
    const auto listens = [](const auto& status) {
        return status.state == "serving" && status.ports.size() == 1 && status.ports[0].reason.empty();
    };
    BOOST_TEST(daemon.becomes("red", listens, 40s), daemon.log());
    auto red_client = red.client();
    BOOST_TEST(red_client.acquire().has_value(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(as_pid_1_it_reaps_what_it_did_not_start_and_stops_on_sigterm, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    ProgramOptions first_process;
    first_process.pid_namespace = true;
    auto daemon = Daemon::with(red_only, first_process);
    daemon.wait_until("red", "serving");
    auto client = tenant.client();
    BOOST_TEST(client.acquire().has_value(), daemon.log());
    pid_t keavrfd = 0;
    for (const auto& process : processes_with("keavrfd -c")) {
        keavrfd = process.parent == daemon.pid() ? process.pid : keavrfd;
    }
    BOOST_REQUIRE(keavrfd != 0);
    // An orphan: its parent ends at once, so the namespace's PID 1 inherits it.
    const auto orphan =
        run({"nsenter", "--target", std::to_string(keavrfd), "--pid", "--", "sh", "-c", "sleep 0.4321 & true"});
    BOOST_TEST(orphan.exit_code == 0);
    BOOST_TEST(eventually([] { return processes_with("sleep 0.4321").empty(); }));
    BOOST_TEST(eventually([&] { return !has_zombie(keavrfd); }));
    ::kill(keavrfd, SIGTERM);
    const auto code = daemon.program().wait_for_exit(10s);
    BOOST_TEST((code == 0), daemon.log());
}

BOOST_FIXTURE_TEST_CASE(as_pid_1_it_cannot_leave_keas_running_and_does_not_promise_it, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    ProgramOptions first_process;
    first_process.pid_namespace = true;
    auto daemon = Daemon::with(red_only, first_process);
    const auto kea = daemon.wait_until("red", "serving").kea;
    const auto refused = run({built("keavrfctl"), "stop", "--keep"});
    BOOST_TEST(refused.exit_code == 1, refused.output);
    for (const auto* part : {"nothing was done", "keavrfd is PID 1"}) {
        BOOST_TEST(refused.errors.find(part) != std::string::npos, refused.errors);
    }
    BOOST_TEST(daemon.kea("red") == kea.value());
    BOOST_TEST(tenant.client().acquire().has_value(), daemon.log());
    BOOST_TEST(daemon.log_lines({"daemon.stopping"}).empty(), daemon.log());
    BOOST_TEST(run({built("keavrfctl"), "stop"}).exit_code == 0);
    BOOST_TEST((daemon.program().wait_for_exit(10s) == 0), daemon.log());
}

BOOST_FIXTURE_TEST_CASE(it_stops_at_any_time_and_leaves_nothing, Lab)
{
    const auto red = add_tenant("eth1", "192.168.1.1/24");
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    const std::array<const char*, 4> moments{"daemon.starting", "instance.new", "port.opened", "kea.started"};
    for (const auto* moment : moments) {
        for (const int number : {SIGTERM, SIGINT}) {
            BOOST_TEST_CONTEXT(moment << ", signal " << number)
            {
                auto daemon = Daemon::with(red_and_blue);
                BOOST_REQUIRE_MESSAGE(daemon.logs({moment}), daemon.program().wait_for_exit(0ms).value_or(-1)
                                                                 << daemon.log());
                daemon.program().signal(number);
                BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
                check_nothing_left();
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_second_signal_hurries_a_stop_that_hangs, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("kea: {timeouts: {stop: 60s}}\n" + red_only);
    const auto kea = daemon.wait_until("red", "serving").kea;
    ::kill(kea.value(), SIGSTOP);
    daemon.program().signal(SIGTERM);
    BOOST_REQUIRE(daemon.logs({"daemon.stopping"}));
    daemon.program().signal(SIGTERM);
    BOOST_TEST(daemon.program().wait_for_exit(20s).has_value(), daemon.log());
}

BOOST_AUTO_TEST_SUITE_END()
