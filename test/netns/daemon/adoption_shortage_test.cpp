// What an earlier keavrfd left, where no descriptor or no memory is left to look at it: that is neither "ours" nor "not
// ours". All of it stays, and is gone on with when the shortage is over.
#include "adoption.hpp"
#include "failing_start.hpp"
#include "support/sanitizer.hpp"

using namespace keavrf::test;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(adoption, *unless_sanitized())

namespace {

keavrf::NamespaceInode inode_of(const std::string& name)
{
    const auto found = keavrf::netns::open(name);
    BOOST_REQUIRE(found.has_value());
    return found->inode;
}

struct Shortage : Adoption {
    // Says what it lacks, keeps all there is, and goes on with it once there is enough.
    void is_waited_out(const std::string& what, const std::string& path, const std::string& told)
    {
        const bool lives = exists(kea);
        const auto record = slurp(red_record);
        const auto inode = inode_of("keavrf-red");
        FailingStart start(red_only, what, path);
        auto& daemon = start.daemon();
        BOOST_TEST(start.happened(), daemon.log());
        BOOST_TEST(daemon.logs({"red", "instance.undo", told}), daemon.log());
        const auto red = daemon.wait_until("red", "backoff");
        BOOST_TEST(red.reason.find(told) != std::string::npos, red.reason);
        BOOST_TEST(slurp(red_record) == record);
        BOOST_TEST(exists(kea) == lives);
        start.mend();
        BOOST_TEST((daemon.wait_until("red", "serving", 40s).kea.value() == kea) == lives, daemon.log());
        BOOST_TEST((inode_of("keavrf-red") == inode));
        BOOST_TEST(processes_with("kea-dhcp4").size() == 1U);
        renews(daemon);
        daemon.stop();
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_namespace_that_cannot_be_looked_at_stays_ours_until_it_can, Shortage)
{
    leave_a_service();
    is_waited_out("openat:error=EMFILE", "/run/netns/keavrf-red", "Too many open files");
}

BOOST_FIXTURE_TEST_CASE(so_does_one_in_which_no_kea_runs_any_more, Shortage)
{
    leave_a_service();
    ::kill(kea, SIGKILL);
    BOOST_TEST(eventually([this] { return !exists(kea); }));
    is_waited_out("openat:error=ENFILE", "/run/netns/keavrf-red", "Too many open files in system");
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_cannot_be_watched_is_gone_on_with_when_it_can, Shortage)
{
    leave_a_service();
    is_waited_out("pidfd_open:error=EMFILE", "", "Too many open files");
}

// Taken over later than the others, it is asked whether it is ready all the same.
BOOST_FIXTURE_TEST_CASE(one_that_was_not_ready_on_record_serves_when_it_has_been_taken_over_at_last, Shortage)
{
    leave_a_service();
    change_record([](json::object& record) { record["dhcp4"].as_object()["ready"] = false; });
    is_waited_out("openat:error=EMFILE", "/run/netns/keavrf-red", "Too many open files");
}

BOOST_FIXTURE_TEST_CASE(a_kea_whose_user_cannot_be_told_is_not_taken_for_one_of_the_right_user, Shortage)
{
    leave_a_service("kea: {user: nobody}\n" + red_only);
    const auto record = slurp(red_record);
    FailingStart start(red_only, "openat:error=EMFILE", "/proc/" + std::to_string(kea) + "/status");
    auto& daemon = start.daemon();
    BOOST_TEST(start.happened(), daemon.log());
    BOOST_TEST(daemon.logs({"red", "remnant.undecided", "Too many open files"}), daemon.log());
    BOOST_TEST(exists(kea));
    BOOST_TEST(slurp(red_record) == record);
    start.mend();
    BOOST_TEST(daemon.logs({"red", "kea.distrusted", "kea.user"}, 40s), daemon.log());
    const auto replaced = [this](const auto& red) { return red.state == "serving" && red.kea.value() != kea; };
    BOOST_TEST(daemon.becomes("red", replaced), daemon.log());
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_kea_that_cannot_be_asked_whether_it_is_well_is_not_blamed, Shortage)
{
    leave_a_service();
    FailingStart start(red_only, "openat:error=EMFILE", "/run/keavrfd/red/kea/kea-dhcp4.sock");
    auto& daemon = start.daemon();
    BOOST_TEST(start.happened(), daemon.log());
    BOOST_TEST(!daemon.logs({"red", "kea.distrusted"}, 5s), daemon.log());
    BOOST_TEST(exists(kea));
    start.mend();
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
    renews(daemon);
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_namespace_that_cannot_be_entered_is_gone_on_with_when_it_can, Shortage)
{
    leave_a_service();
    // Once to prove that it is ours.
    is_waited_out("setns:error=ENOMEM:when=2+", "/run/netns/keavrf-red", "Cannot allocate memory");
}

BOOST_FIXTURE_TEST_CASE(a_hub_that_cannot_be_looked_at_is_asked_for_again_and_nothing_of_it_is_forgotten, Shortage)
{
    leave_a_service();
    const auto record = slurp("/run/keavrfd/.hub.json");
    FailingStart start(red_only, "openat:error=EMFILE", "/run/netns/keavrf-hub");
    BOOST_TEST(start.happened(), start.daemon().log());
    BOOST_TEST(start.daemon().logs({"remnant.undecided", "keavrf-hub", "Too many open files"}), start.daemon().log());
    BOOST_TEST(slurp("/run/keavrfd/.hub.json") == record);
    start.mend();
    BOOST_TEST(start.daemon().wait_until("red", "serving").kea.value() == kea, start.daemon().log());
    renews(start.daemon());
    start.daemon().stop();
}

BOOST_FIXTURE_TEST_CASE(a_start_that_cannot_tell_what_there_is_ends_and_leaves_all_of_it, Shortage)
{
    leave_a_service();
    const auto record = slurp(red_record);
    {
        FailingStart start(red_only, "openat:error=ENFILE", red_record);
        BOOST_TEST((start.daemon().program().wait_for_exit(30s) == 1), start.daemon().log());
        BOOST_TEST(start.daemon().log().find("Too many open files in system") != std::string::npos,
                   start.daemon().log());
        // And says so, instead of removing what it knows nothing of.
        BOOST_TEST(start.daemon().logs({"daemon.leaves"}, 0ms), start.daemon().log());
    }
    BOOST_TEST(exists(kea));
    BOOST_TEST(slurp(red_record) == record);
    auto daemon = Daemon::with(red_only);
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
    daemon.stop();
}

// It is looked for once more before the end, and by then it can be told.
BOOST_FIXTURE_TEST_CASE(a_stop_before_it_can_be_told_takes_down_what_there_is_when_it_can, Shortage)
{
    leave_a_service();
    FailingStart start(red_only, "openat:error=EMFILE", "/run/netns/keavrf-hub");
    auto& daemon = start.daemon();
    BOOST_TEST(daemon.logs({"remnant.undecided", "keavrf-hub"}), daemon.log());
    daemon.program().signal(SIGTERM);
    BOOST_TEST(daemon.logs({"daemon.stopping"}), daemon.log());
    start.mend();
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
    BOOST_TEST(!exists(kea), daemon.log());
    check_nothing_left();
}

BOOST_FIXTURE_TEST_CASE(a_stop_while_it_cannot_be_told_leaves_it_to_the_next, Shortage)
{
    leave_a_service();
    {
        FailingStart start(red_only, "openat:error=EMFILE", "/run/netns/keavrf-red");
        BOOST_TEST(start.daemon().logs({"red", "instance.undo"}), start.daemon().log());
        start.daemon().stop();
    }
    BOOST_TEST(exists(kea));
    BOOST_TEST(std::filesystem::exists(red_record));
    // The hub has gone, and a Kea whose pair is made anew is replaced.
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    BOOST_TEST(processes_with("kea-dhcp4").size() == 1U);
    renews(daemon);
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
