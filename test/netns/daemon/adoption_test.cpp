// What an earlier keavrfd left is gone on with (DESIGN section 7).
#include "adoption.hpp"

#include <algorithm>
#include <array>
#include <thread>

using namespace keavrf::test;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(adoption)

BOOST_FIXTURE_TEST_CASE(the_next_keavrfd_goes_on_with_the_same_kea_and_relays_at_once, Adoption)
{
    leave_a_service();
    BOOST_TEST(exists(kea));
    const auto configured = Daemon::kea_log("red");
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
    renews(daemon);
    BOOST_TEST(Daemon::kea_log("red").find("DHCP4_CONFIG_COMPLETE", configured.size()) == std::string::npos);
    BOOST_TEST(processes_with("kea-dhcp4").size() == 1U);
    daemon.stop();
    BOOST_TEST(!exists(kea));
}

BOOST_FIXTURE_TEST_CASE(with_on_exit_keep_a_stop_leaves_kea_running, Adoption)
{
    const auto keep = "on-exit: keep\n" + red_only;
    auto first = Daemon::with(keep);
    kea = first.wait_until("red", "serving").kea.value();
    lease = client.acquire();
    first.stop();
    BOOST_TEST(exists(kea));
    BOOST_TEST(!std::filesystem::exists("/run/keavrfd/control.sock"));
    auto second = Daemon::with(red_only);
    BOOST_TEST(second.wait_until("red", "serving").kea.value() == kea, second.log());
    renews(second);
    second.stop();
    BOOST_TEST(!exists(kea));
}

BOOST_FIXTURE_TEST_CASE(keavrfctl_stop_keep_leaves_kea_running_and_stop_does_not, Adoption)
{
    auto first = Daemon::with(red_only);
    kea = first.wait_until("red", "serving").kea.value();
    lease = client.acquire();
    BOOST_TEST(run({built("keavrfctl"), "stop", "--keep"}).exit_code == 0);
    BOOST_TEST((first.program().wait_for_exit() == 0), first.log());
    BOOST_TEST(exists(kea));
    auto second = Daemon::with("on-exit: keep\n" + red_only);
    BOOST_TEST(second.wait_until("red", "serving").kea.value() == kea, second.log());
    renews(second);
    BOOST_TEST(run({built("keavrfctl"), "stop"}).exit_code == 0);
    BOOST_TEST((second.program().wait_for_exit() == 0), second.log());
    BOOST_TEST(!exists(kea));
}

BOOST_FIXTURE_TEST_CASE(a_configuration_that_changed_meanwhile_is_told_to_the_running_kea, Adoption)
{
    leave_a_service();
    auto daemon = Daemon::with("vrfs:\n  red: {device: none, interfaces: [eth1], dhcp4: {valid-lifetime: 777}}\n");
    const auto runs_it = [](const auto& red) { return red.state == "serving" && red.reason.empty(); };
    BOOST_TEST(daemon.becomes("red", runs_it), daemon.log());
    BOOST_TEST(daemon.logs({"red", "kea.reloaded"}), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    const auto again = client.acquire();
    BOOST_REQUIRE_MESSAGE(again, daemon.log());
    BOOST_TEST((again->ack.message.address_option(option::lease_time) == keavrf::Ipv4Address(777)));
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_configuration_of_which_nobody_knows_whether_kea_took_it_is_told_again, Adoption)
{
    leave_a_service();
    change_record([](json::object& record) { record["dhcp4"].as_object()["configuration-hash"] = ""; });
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.logs({"red", "kea.reloaded"}), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    renews(daemon);
    daemon.stop();
}

// Kea tests a lease database without connecting to it: the test passes, and the deed fails.
const std::string refused_by_kea =
    "vrfs:\n  red:\n    device: none\n    interfaces: [eth1]\n    dhcp4: {valid-lifetime: 888, lease-database: "
    "{type: postgresql, name: leases, host: 127.0.0.1, user: kea}}\n";

BOOST_FIXTURE_TEST_CASE(a_kea_that_refuses_what_it_is_told_and_then_dies_serves_again_with_what_it_took_before,
                        Adoption)
{
    leave_a_service();
    auto daemon = Daemon::with(refused_by_kea);
    const auto refuses = [](const auto& red) { return red.state == "serving" && !red.reason.empty(); };
    BOOST_TEST(daemon.becomes("red", refuses), daemon.log());
    BOOST_TEST(daemon.kea("red") == kea);
    renews(daemon);
    for (int time = 0; time < 2; ++time) {
        const auto before = daemon.kea("red");
        ::kill(before, SIGKILL);
        const auto again = [&](const auto& red) {
            return red.state == "serving" && !red.reason.empty() && red.kea.value() != 0 && red.kea.value() != before;
        };
        BOOST_REQUIRE_MESSAGE(daemon.becomes("red", again), daemon.log());
        renews(daemon);
    }
    daemon.write_configuration(red_only);
    BOOST_TEST(daemon.reload(), daemon.log());
    BOOST_TEST(daemon.wait_until("red", "serving").reason.empty(), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(while_kea_refuses_what_is_wanted_the_relay_goes_by_the_subnets_that_kea_serves, Adoption)
{
    const auto with = [](const std::string& far, const std::string& more) {
        return "vrfs:\n  red:\n    device: none\n    interfaces: {eth1: {trusted: true}}\n    dhcp4:\n      subnet4:\n"
               "      - {subnet: 192.168.1.0/24, pools: [{pool: 192.168.1.100 - 192.168.1.200}]}\n"
               "      - {subnet: " +
               far + "}\n" + more;
    };
    leave_a_service(with("10.50.0.0/24", ""));
    auto daemon = Daemon::with(
        with("10.60.0.0/24", "      lease-database: {type: postgresql, name: leases, host: 127.0.0.1, user: kea}\n"));
    const auto refuses = [](const auto& red) { return red.state == "serving" && !red.reason.empty(); };
    BOOST_REQUIRE_MESSAGE(daemon.becomes("red", refuses), daemon.log());
    const std::vector<std::string> in_force{"10.50.0.0/24", "192.168.1.0/24"};
    auto told = daemon.status_of("red")->subnets;
    std::sort(told.begin(), told.end());
    BOOST_TEST(told == in_force, boost::test_tools::per_element());
    // Renewals of clients that a downstream relay is in front of: three from a subnet that Kea does not serve.
    const auto before = daemon.status_of("red")->messages_in;
    for (const auto* ciaddr : {"10.60.0.9", "10.60.0.10", "10.60.0.11", "10.50.0.9"}) {
        auto renewal = client.message(type::request);
        renewal.ciaddr = ip(ciaddr);
        BOOST_TEST(client.unicast(renewal, ip("192.168.1.77"), ip("192.168.1.1")));
    }
    const auto forwarded = [&](const auto& red) { return red.messages_in > before; };
    BOOST_TEST(daemon.becomes("red", forwarded), daemon.log());
    BOOST_TEST(daemon.status_of("red")->drops["off-link"] == 3U);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_does_not_answer_is_replaced, Adoption)
{
    leave_a_service();
    ::kill(kea, SIGSTOP);
    auto daemon = Daemon::with("kea: {timeouts: {stop: 1s}}\n" + red_only);
    const auto replaced = [&](const auto& red) { return red.state == "serving" && red.kea.value() != kea; };
    BOOST_TEST(daemon.becomes("red", replaced), daemon.log());
    BOOST_TEST(!exists(kea));
    renews(daemon);
    daemon.stop();
}

// As one that loads a million leases: it is not on record as ready, and answers nobody.
BOOST_FIXTURE_TEST_CASE(a_kea_that_is_not_ready_yet_gets_as_long_as_a_start, Adoption)
{
    leave_a_service();
    change_record([](json::object& record) { record["dhcp4"].as_object()["ready"] = false; });
    ::kill(kea, SIGSTOP);
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "starting");
    BOOST_TEST(daemon.logs({"red", "port.opened"}), daemon.log());
    std::this_thread::sleep_for(4s); // one that is on record as ready has half of that
    ::kill(kea, SIGCONT);
    daemon.wait_until("red", "serving");
    BOOST_TEST(daemon.kea("red") == kea, daemon.log());
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_died_meanwhile_is_started_again, Adoption)
{
    leave_a_service();
    ::kill(kea, SIGKILL);
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    renews(daemon);
    daemon.stop();
}

// Looked at once a minute; of what was inherited nobody knows for how long nobody has looked.
BOOST_FIXTURE_TEST_CASE(what_somebody_changed_in_a_namespace_meanwhile_is_put_right, Adoption)
{
    leave_a_service();
    const std::string setting = "/proc/sys/net/ipv4/conf/all/rp_filter";
    const auto inside = [](const std::string& command) {
        return run({"nsenter", "--net=/run/netns/keavrf-red", "--", "sh", "-c", command});
    };
    BOOST_TEST(inside("cat " + setting).output == "0\n");
    BOOST_REQUIRE(inside("echo 1 > " + setting).exit_code == 0);
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
    BOOST_TEST(eventually([&] { return inside("cat " + setting).output == "0\n"; }), daemon.log());
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_hub_that_is_gone_is_made_anew, Adoption)
{
    leave_a_service();
    remove_name("keavrf-hub");
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(killed_at_any_moment_it_leaves_nothing_that_the_next_cannot_take_over_or_remove, Adoption)
{
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    const auto both = red_only + "  blue: {device: none, interfaces: [eth2]}\n";
    const std::array<const char*, 5> moments{"daemon.starting", "instance.new", "port.opened", "kea.started",
                                             "daemon.ready"};
    for (const auto* moment : moments) {
        BOOST_TEST_CONTEXT(moment)
        {
            {
                auto daemon = Daemon::with(both);
                BOOST_REQUIRE_MESSAGE(daemon.logs({moment}), daemon.log());
                kill(daemon);
            }
            auto daemon = Daemon::with(both);
            daemon.wait_until("red", "serving");
            daemon.wait_until("blue", "serving");
            BOOST_TEST(processes_with("kea-dhcp4").size() == 2U);
            BOOST_TEST(client.acquire().has_value(), daemon.log());
            daemon.stop();
            check_nothing_left();
        }
    }
}

BOOST_FIXTURE_TEST_CASE(twenty_keas_are_taken_over_with_their_pids_and_none_is_doubled, Lab)
{
    constexpr std::size_t domains = 20;
    std::string yaml = "vrfs:\n";
    std::vector<Tenant> tenants;
    for (std::size_t i = 0; i < domains; ++i) {
        const auto number = std::to_string(i);
        tenants.push_back(add_tenant("eth" + number, "10.1." + number + ".1/24"));
        yaml += "  vrf" + number + ": {device: none, interfaces: [eth" + number + "]}\n";
    }
    std::vector<pid_t> keas;
    {
        auto daemon = Daemon::with(yaml);
        for (std::size_t i = 0; i < domains; ++i) {
            keas.push_back(daemon.wait_until("vrf" + std::to_string(i), "serving", 60s).kea.value());
        }
        Adoption::kill(daemon);
    }
    auto daemon = Daemon::with(yaml);
    for (std::size_t i = 0; i < domains; ++i) {
        BOOST_TEST(daemon.wait_until("vrf" + std::to_string(i), "serving").kea.value() == keas[i]);
        BOOST_TEST(tenants[i].client().acquire().has_value());
    }
    BOOST_TEST(processes_with("kea-dhcp4").size() == domains);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
