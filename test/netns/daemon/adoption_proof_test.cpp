// What an earlier keavrfd left is found and proved to be ours, and taken down where it is of no use; what cannot be
// proved is left alone (DESIGN section 7).
#include "adoption.hpp"

#include <sstream>

using namespace keavrf::test;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(adoption)

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

// Several of them, since a folder is read in any order: it is the first that proves itself whose the slot is.
BOOST_FIXTURE_TEST_CASE(a_record_that_proves_nothing_takes_no_slot_from_one_that_does, Adoption)
{
    leave_a_service();
    for (const std::string vrf : {"a", "b", "y", "z"}) {
        auto record = json::parse(slurp(red_record)).as_object();
        record["vrf"] = vrf;
        record["namespace"] = "keavrf-" + vrf;
        record["namespace-inode"] = 1;
        record.erase("dhcp4");
        std::filesystem::create_directory("/run/keavrfd/" + vrf);
        std::ofstream("/run/keavrfd/" + vrf + "/instance.json") << json::serialize(record);
    }
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
    BOOST_TEST(!std::filesystem::exists("/run/keavrfd/a"));
    renews(daemon);
    daemon.stop();
}

// Those that begin are looked at by name, and the first comes before what is still to be gone on with.
BOOST_FIXTURE_TEST_CASE(one_that_begins_gets_no_slot_of_one_that_is_gone_on_with, Adoption)
{
    const auto blue = add_tenant("eth2", "10.0.0.1/24");
    leave_a_service();
    auto daemon = Daemon::with(red_only + "  blue: {device: none, interfaces: [eth2]}\n");
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
    daemon.wait_until("blue", "serving");
    const auto slot_of = [&](const std::string& vrf) { return daemon.status_of(vrf)->slot.value().value(); };
    BOOST_TEST(slot_of("red") == 0U);
    BOOST_TEST(slot_of("blue") == 1U);
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
    BOOST_TEST(daemon.logs({"red", "remnant.stopped"}), daemon.log());
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
    BOOST_TEST(daemon.wait_until("red", "refused").reason.find("keavrf-red is a namespace that is not") !=
               std::string::npos);
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

BOOST_AUTO_TEST_SUITE_END()
