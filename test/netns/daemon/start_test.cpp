// A start that fails, and signals while keavrfd starts or ends: what served goes on, or all of it goes (DESIGN
// section 7).
#include "adoption.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <thread>

using namespace keavrf::test;

namespace {

const std::string control_socket = "/run/keavrfd/control.sock";
const std::string keeping = "on-exit: keep\n" + red_only;

struct Start : Adoption {
    // Exit code 1, with this in its log, and all that an earlier keavrfd left is as it was.
    void check_that_it_fails_and_harms_nobody(const std::string& reason, const std::vector<std::string>& also = {})
    {
        auto daemon = Daemon::with(red_only);
        BOOST_TEST((daemon.program().wait_for_exit() == 1), daemon.log());
        BOOST_TEST(daemon.logs({"daemon.failed", reason}, 0ms), daemon.log());
        BOOST_TEST(daemon.logs(also, 0ms), daemon.log());
        BOOST_TEST(exists(kea), daemon.log());
        BOOST_TEST(keavrf::netns::open("keavrf-red").has_value());
        BOOST_TEST(std::filesystem::exists(red_record));
    }
    void check_that_the_next_goes_on_with_it()
    {
        auto daemon = Daemon::with(red_only);
        BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea, daemon.log());
        renews(daemon);
        daemon.stop();
        check_nothing_left();
    }
};

std::string slow_to_read()
{
    std::string yaml = "  absent:\n    dhcp4:\n      option-data:\n";
    for (unsigned number = 0; number < 3000; ++number) {
        yaml += "        - {name: boot-file-name, data: \"" + std::to_string(number) + "\"}\n";
    }
    return yaml;
}

// Not all signals are held back, as while a program is started.
bool reads_its_file(const Daemon& daemon)
{
    return in_signal_set(daemon.pid(), "SigBlk", SIGHUP) && !in_signal_set(daemon.pid(), "SigBlk", SIGQUIT);
}

} // namespace

BOOST_AUTO_TEST_SUITE(start)

BOOST_FIXTURE_TEST_CASE(one_that_fails_over_its_control_socket_leaves_what_serves, Start)
{
    leave_a_service();
    std::filesystem::remove(control_socket);
    std::ofstream(control_socket) << "x";
    check_that_it_fails_and_harms_nobody("something that is no socket is in the way");
    BOOST_TEST(keavrf::netns::open("keavrf-hub").has_value());
    std::filesystem::remove(control_socket);
    check_that_the_next_goes_on_with_it();
}

BOOST_FIXTURE_TEST_CASE(one_that_fails_after_it_has_found_what_serves_leaves_it, Start)
{
    leave_a_service();
    remove_name("keavrf-hub");
    const auto other = keavrf::netns::create("keavrf-hub");
    BOOST_REQUIRE(other.has_value());
    check_that_it_fails_and_harms_nobody("keavrf-hub", {"daemon.leaves"});
    remove_name("keavrf-hub");
    auto daemon = Daemon::with(red_only);
    daemon.wait_until("red", "serving");
    renews(daemon);
    daemon.stop();
    check_nothing_left();
}

BOOST_FIXTURE_TEST_CASE(a_second_keavrfd_does_nothing_to_the_first_although_the_locks_are_gone, Adoption)
{
    auto first = Daemon::with(red_only);
    kea = first.wait_until("red", "serving").kea.value();
    lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, first.log());
    for (const auto* lock : {"/run/keavrfd/.lock", "/var/lib/keavrfd/.lock", "/run/keavrfd.keavrf-.lock"}) {
        BOOST_TEST(std::filesystem::remove(lock), lock);
    }
    auto second = Daemon::with(red_only);
    BOOST_TEST((second.program().wait_for_exit() == 1), second.log());
    BOOST_TEST(second.log().find("another keavrfd") != std::string::npos, second.log());
    BOOST_TEST(first.kea("red") == kea, first.log());
    renews(first);
    first.stop();
    check_nothing_left();
}

BOOST_FIXTURE_TEST_CASE(one_that_is_stopped_before_it_knows_what_was_left_takes_it_down, Adoption)
{
    // The lock names its holder as soon as signals are heard.
    const auto holds_the_lock = [](const Daemon& daemon) {
        return slurp("/run/keavrfd/.lock").find(std::to_string(daemon.pid())) != std::string::npos;
    };
    for (const auto delay : {0ms, 5ms, 10ms, 20ms, 40ms}) {
        BOOST_TEST_CONTEXT(delay.count() << " ms after the lock was taken")
        {
            leave_a_service();
            auto daemon = Daemon::with(red_only);
            while (!holds_the_lock(daemon) && daemon.program().running()) {
                std::this_thread::yield();
            }
            std::this_thread::sleep_for(delay);
            daemon.stop();
            BOOST_TEST(!exists(kea), daemon.log());
            check_nothing_left();
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_signal_that_comes_while_it_reads_its_file_takes_down_what_was_left, Adoption)
{
    for (const int number : {SIGTERM, SIGINT}) {
        leave_a_service();
        auto daemon = Daemon::with(red_only + slow_to_read());
        BOOST_REQUIRE(eventually([&] { return reads_its_file(daemon); }));
        daemon.program().signal(number);
        BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
        BOOST_TEST(!exists(kea), daemon.log());
        BOOST_TEST(!std::filesystem::exists(control_socket), "that of the one that was killed");
        check_nothing_left();
    }
}

BOOST_FIXTURE_TEST_CASE(but_not_where_it_is_to_go_on, Start)
{
    leave_a_service();
    auto daemon = Daemon::with(keeping + slow_to_read());
    BOOST_REQUIRE(eventually([&] { return reads_its_file(daemon); }));
    daemon.program().signal(SIGTERM);
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
    BOOST_TEST(exists(kea), daemon.log());
    check_that_the_next_goes_on_with_it();
}

BOOST_FIXTURE_TEST_CASE(a_signal_that_means_nothing_and_comes_while_it_reads_its_file_does_not_end_it, Adoption)
{
    auto daemon = Daemon::with(red_only + slow_to_read());
    BOOST_REQUIRE(eventually([&] { return reads_its_file(daemon); }));
    daemon.program().signal(SIGUSR1);
    BOOST_TEST(daemon.logs({"signal.ignored", "SIGUSR1"}), daemon.log());
    daemon.wait_until("red", "serving");
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(signals_that_mean_nothing_to_it_are_ignored_and_told_once, Adoption)
{
    auto daemon = Daemon::with(red_only);
    const auto before = daemon.wait_until("red", "serving").kea.value();
    for (const int number : {SIGUSR1, SIGUSR2, SIGALRM, SIGUSR1, SIGPROF, SIGPOLL}) {
        daemon.program().signal(number);
    }
    for (const auto* name : {"SIGUSR1", "SIGUSR2", "SIGALRM", "SIGPROF", "SIGPOLL"}) {
        BOOST_TEST(daemon.logs({"signal.ignored", name}), daemon.log());
    }
    daemon.program().signal(SIGUSR1);
    for (const int number : {SIGVTALRM, SIGPWR, SIGSTKFLT}) {
        daemon.program().signal(number);
    }
    for (const auto* name : {"SIGVTALRM", "SIGPWR", "SIGSTKFLT"}) {
        BOOST_TEST(daemon.logs({"signal.ignored", name}), daemon.log());
    }
    BOOST_TEST(daemon.log_lines({"signal.ignored", "SIGUSR1"}).size() == 1U, daemon.log());
    BOOST_TEST(daemon.kea("red") == before, daemon.log());
    daemon.stop();
}

BOOST_FIXTURE_TEST_CASE(a_second_signal_kills_no_kea_that_is_to_go_on, Start)
{
    const std::array<std::array<int, 2>, 2> pairs{{{SIGTERM, SIGINT}, {SIGTERM, SIGTERM}}};
    for (const auto& pair : pairs) {
        auto daemon = Daemon::with(keeping);
        kea = daemon.wait_until("red", "serving").kea.value();
        lease = client.acquire();
        BOOST_REQUIRE_MESSAGE(lease, daemon.log());
        for (const int number : pair) {
            daemon.program().signal(number);
        }
        BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
        BOOST_TEST(exists(kea), daemon.log());
    }
    check_that_the_next_goes_on_with_it();
}

BOOST_FIXTURE_TEST_CASE(a_signal_behind_the_command_to_leave_kea_running_takes_nothing_back, Start)
{
    auto daemon = Daemon::with(red_only);
    kea = daemon.wait_until("red", "serving").kea.value();
    lease = client.acquire();
    BOOST_REQUIRE_MESSAGE(lease, daemon.log());
    const boost::json::object keep{{"keep", true}};
    BOOST_TEST(daemon.command({{"command", "stop"}, {"arguments", keep}}).ok());
    daemon.program().signal(SIGTERM);
    BOOST_TEST((daemon.program().wait_for_exit() == 0), daemon.log());
    BOOST_TEST(exists(kea), daemon.log());
    check_that_the_next_goes_on_with_it();
}

BOOST_AUTO_TEST_SUITE_END()
