// What an earlier keavrfd left is gone on with, taken down, or left alone (DESIGN section 7).
#include "netns/namespace.hpp"
#include "support/lab.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace keavrf::test;
namespace json = boost::json;

namespace {

const std::string red_only = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n";
const std::string red_record = "/run/keavrfd/red/instance.json";

struct Adoption : Lab {
    Tenant tenant = add_tenant("eth1", "192.168.1.1/24");
    RawClient client = tenant.client();
    pid_t kea = 0;
    std::optional<Lease> lease;

    // A keavrfd that serves, with a client that has a lease, and is then killed.
    void leave_a_service(const std::string& yaml = red_only)
    {
        auto daemon = Daemon::with(yaml);
        kea = daemon.wait_until("red", "serving").kea.value();
        lease = client.acquire();
        BOOST_REQUIRE_MESSAGE(lease, daemon.log());
        kill(daemon);
    }

    static void kill(Daemon& daemon)
    {
        ::kill(daemon.pid(), SIGKILL);
        BOOST_TEST((daemon.program().wait_for_exit() == 128 + SIGKILL));
    }

    void renews(const Daemon& daemon)
    {
        const auto renewed = client.renew(*lease);
        BOOST_REQUIRE_MESSAGE(renewed, daemon.log());
        BOOST_TEST(renewed->message.type() == type::ack);
        BOOST_TEST(renewed->message.yiaddr == lease->address);
    }

    static void change_record(const std::function<void(json::object&)>& change)
    {
        auto record = json::parse(slurp(red_record)).as_object();
        change(record);
        std::ofstream(red_record, std::ios::trunc) << json::serialize(record);
    }
};

bool exists(pid_t pid)
{
    return std::filesystem::exists("/proc/" + std::to_string(pid)) &&
           slurp("/proc/" + std::to_string(pid) + "/stat").find(") Z") == std::string::npos;
}

void remove_name(const std::string& name)
{
    const auto found = keavrf::netns::open(name);
    BOOST_REQUIRE(found.has_value());
    BOOST_REQUIRE(keavrf::netns::remove(name, found->inode).has_value());
}

} // namespace

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

BOOST_FIXTURE_TEST_CASE(what_is_ours_and_not_wanted_any_more_is_removed, Adoption)
{
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    leave_a_service();
    auto daemon = Daemon::with("vrfs:\n  blue: {device: none, interfaces: [eth2]}\n");
    daemon.wait_until("blue", "serving");
    BOOST_TEST(eventually([&] { return !exists(kea); }), daemon.log());
    BOOST_TEST(eventually([] { return !std::filesystem::exists("/run/netns/keavrf-red"); }), daemon.log());
    BOOST_TEST(eventually([] { return !std::filesystem::exists(red_record); }), daemon.log());
    BOOST_TEST(!Daemon::lease_file("red").empty());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(what_another_prefix_left_is_removed, Adoption)
{
    leave_a_service();
    auto daemon = Daemon::with("netns-prefix: other-\n" + red_only);
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() != kea);
    BOOST_TEST(!exists(kea));
    BOOST_TEST(!std::filesystem::exists("/run/netns/keavrf-red"));
    BOOST_TEST(!std::filesystem::exists("/run/netns/keavrf-hub"));
    renews(daemon);
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

BOOST_FIXTURE_TEST_CASE(a_kea_that_died_meanwhile_is_started_again, Adoption)
{
    leave_a_service();
    ::kill(kea, SIGKILL);
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_namespace_whose_name_is_gone_is_found_by_its_kea, Adoption)
{
    leave_a_service();
    remove_name("keavrf-red");
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
    BOOST_TEST(eventually([] { return keavrf::netns::open("keavrf-red").has_value(); }));
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

BOOST_FIXTURE_TEST_CASE(a_kea_that_was_born_and_not_yet_on_record_is_stopped_and_replaced, Adoption)
{
    leave_a_service();
    change_record([](json::object& record) { record.erase("dhcp4"); });
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() != kea, daemon.log());
    BOOST_TEST(!exists(kea));
    renews(daemon);
    daemon.stop();
}

struct LateBirth : Adoption {
    void is_stopped_when_it_is_in_the_way(const std::string& lock);
};

void LateBirth::is_stopped_when_it_is_in_the_way(const std::string& lock)
{
    leave_a_service();
    // One that nobody could know yet: no record, and its program is not run yet.
    change_record([](json::object& record) { record.erase("dhcp4"); });
    ::kill(kea, SIGKILL);
    BOOST_TEST(eventually([&] { return !exists(kea); }));
    std::ofstream(lock, std::ios::app).close();
    const auto go = folder() + "/go";
    Program late({"nsenter", "--net=/run/netns/keavrf-red", "--", "sh", "-c",
                  "exec < " + lock + "; flock 0; while [ ! -e " + go + " ]; do sleep 0.05; done; " +
                      "exec /usr/sbin/kea-dhcp4 -c /run/keavrfd/red/kea-dhcp4.conf"});
    BOOST_TEST(eventually([&] { return run({"flock", "--nonblock", lock, "true"}).exit_code != 0; }));
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.logs({"red", "instance.backoff", "still works on"}), daemon.log());
    std::ofstream(go) << "go";
    daemon.wait_until("red", "serving");
    BOOST_TEST(late.wait_for_exit().has_value());
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_came_to_be_only_after_the_next_had_looked_is_stopped_when_it_is_in_the_way,
                        LateBirth)
{
    is_stopped_when_it_is_in_the_way("/var/lib/keavrfd/.locks/red");
}

BOOST_FIXTURE_TEST_CASE(so_is_one_that_has_its_lock_where_an_earlier_keavrfd_had_it, LateBirth)
{
    const std::string lock = "/var/lib/keavrfd/red/.keavrfd.lock";
    is_stopped_when_it_is_in_the_way(lock);
    BOOST_TEST(!std::filesystem::exists(lock));
}

BOOST_FIXTURE_TEST_CASE(a_process_that_is_not_kea_is_never_touched_whatever_the_record_says, Adoption)
{
    leave_a_service();
    ::kill(kea, SIGKILL);
    Program other({"sleep", "4321"});
    // As after a forged record, or a pid that was given anew within the same tick.
    const auto stat = slurp("/proc/" + std::to_string(other.pid()) + "/stat");
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string start_time;
    for (int field = 3; field <= 22; ++field) {
        fields >> start_time;
    }
    change_record([&](json::object& record) {
        record["dhcp4"].as_object()["pid"] = other.pid();
        record["dhcp4"].as_object()["start-time"] = std::stoull(start_time);
    });
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.logs({"remnant.kept", "sleep"}), daemon.log());
    daemon.wait_until("red", "serving");
    renews(daemon);
    daemon.stop();
    BOOST_TEST(other.running());
}

BOOST_FIXTURE_TEST_CASE(another_namespace_of_the_same_name_is_never_touched_and_the_vrf_says_so, Adoption)
{
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    leave_a_service();
    ::kill(kea, SIGKILL);
    BOOST_TEST(eventually([&] { return !exists(kea); }));
    remove_name("keavrf-red");
    // The kernel may well give it the same inode number.
    const auto other = keavrf::netns::create("keavrf-red");
    BOOST_REQUIRE(other.has_value());
    auto daemon = Daemon::with(red_only + "  blue: {device: none, interfaces: [eth2]}\n");
    BOOST_TEST(daemon.wait_until("red", "refused").reason.find("namespace of that name") != std::string::npos);
    daemon.wait_until("blue", "serving");
    daemon.stop();
    BOOST_TEST((keavrf::netns::open("keavrf-red").value().inode == other->inode));
    remove_name("keavrf-red");
}

const std::string record_copies = "/var/lib/keavrfd/.records";

// What a keavrfd that is killed before it noticed leaves of its folders.
void wipe_and_kill(Daemon& daemon, const std::vector<std::string>& folders)
{
    daemon.program().signal(SIGSTOP);
    for (const auto& folder : folders) {
        BOOST_TEST(std::filesystem::remove_all(folder) > 0U, folder);
    }
    Adoption::kill(daemon);
}

BOOST_FIXTURE_TEST_CASE(with_the_runtime_folder_wiped_the_copies_of_the_records_prove_what_is_ours, Adoption)
{
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    {
        auto daemon = Daemon::with(red_only + "  blue: {device: none, interfaces: [eth2]}\n");
        kea = daemon.wait_until("red", "serving").kea.value();
        daemon.wait_until("blue", "serving");
        lease = client.acquire();
        wipe_and_kill(daemon, {"/run/keavrfd"});
    }
    auto daemon = Daemon::with(red_only);
    const auto replaced = [&](const auto& red) { return red.state == "serving" && red.kea.value() != kea; };
    BOOST_REQUIRE_MESSAGE(daemon.becomes("red", replaced), daemon.log());
    BOOST_TEST(!exists(kea), "its control socket is gone: it had to be replaced");
    renews(daemon);
    BOOST_TEST(eventually([] { return !std::filesystem::exists("/run/netns/keavrf-blue"); }), daemon.log());
    BOOST_TEST(processes_with("kea-dhcp4").size() == 1U);
    BOOST_TEST(std::filesystem::exists(record_copies + "/red.json"));
    BOOST_TEST(!std::filesystem::exists(record_copies + "/blue.json"));
    daemon.stop();
    BOOST_TEST(!std::filesystem::exists(record_copies));
}

BOOST_FIXTURE_TEST_CASE(with_all_records_wiped_nothing_is_touched_and_the_start_says_what_is_in_the_way, Adoption)
{
    {
        auto daemon = Daemon::with(red_only);
        kea = daemon.wait_until("red", "serving").kea.value();
        wipe_and_kill(daemon, {"/run/keavrfd", record_copies});
    }
    auto daemon = Daemon::with(red_only);
    BOOST_TEST((daemon.program().wait_for_exit() == 1), daemon.log());
    BOOST_TEST(daemon.log().find("keavrf-hub") != std::string::npos, daemon.log());
    BOOST_TEST(exists(kea));
    BOOST_TEST(keavrf::netns::open("keavrf-red").has_value());
    ::kill(kea, SIGKILL);
    remove_name("keavrf-red");
    remove_name("keavrf-hub");
}

BOOST_FIXTURE_TEST_CASE(a_copy_of_a_record_that_somebody_removed_is_made_anew, Adoption)
{
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    BOOST_TEST(std::filesystem::remove_all(record_copies) > 0U);
    BOOST_TEST(eventually([] { return std::filesystem::exists(record_copies + "/red.json"); }), daemon.log());
    BOOST_TEST(eventually([] { return std::filesystem::exists(record_copies + "/.hub.json"); }), daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_is_no_record_is_left_alone, Adoption)
{
    std::filesystem::create_directories("/run/keavrfd/stranger");
    std::ofstream("/run/keavrfd/stranger/instance.json") << "{}";
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    daemon.stop();
    BOOST_TEST(slurp("/run/keavrfd/stranger/instance.json") == "{}");
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
