#include "fixture.hpp"
#include "process/run.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

namespace {

using namespace keavrf::process;
using keavrf::UniqueFd;
using keavrf::test::await;
using keavrf::test::ProcessFixture;
using namespace std::chrono_literals;

struct Fixture : ProcessFixture {
    std::string output_of(SpawnOptions options)
    {
        auto result = await(context, async_run(std::move(options), 20s));
        BOOST_REQUIRE_MESSAGE(result.has_value(), result.error().message());
        BOOST_TEST(result->status.success());
        return result->output;
    }

    std::string failure_of(const SpawnOptions& options)
    {
        const auto spawned = spawn(context.get_executor(), options);
        BOOST_REQUIRE(spawned.has_error());
        return spawned.error().message();
    }
};

// The value of a line "Name:\tvalue" of /proc/PID/status.
std::string status_value(const std::string& status, const std::string& name)
{
    const auto at = status.find(name + ":\t");
    BOOST_REQUIRE(at != std::string::npos);
    const auto begin = at + name.size() + 2;
    return status.substr(begin, status.find('\n', begin) - begin);
}

} // namespace

BOOST_AUTO_TEST_SUITE(process_spawn)

BOOST_FIXTURE_TEST_CASE(a_program_that_is_not_there_is_told_with_step_and_cause, Fixture)
{
    auto options = shell("");
    options.path = "/no/such/program";
    const auto spawned = spawn(context.get_executor(), options);
    BOOST_REQUIRE(spawned.has_error());
    BOOST_TEST(spawned.error().message() == "cannot start /no/such/program: execve: No such file or directory");
    BOOST_TEST(spawned.error().is(ENOENT));
}

BOOST_FIXTURE_TEST_CASE(each_step_that_fails_is_named, Fixture)
{
    auto options = shell("");
    options.path = "/etc/passwd";
    BOOST_TEST(failure_of(options) == "cannot start /etc/passwd: execve: Permission denied");
    options = shell("");
    options.working_directory = "/no/such/folder";
    BOOST_TEST(failure_of(options) == "cannot start /bin/sh: chdir: No such file or directory");
    options = shell("");
    const UniqueFd no_namespace(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    options.network_namespace = no_namespace.get();
    BOOST_TEST(failure_of(options) == "cannot start /bin/sh: setns: Invalid argument");
    options = shell("");
    options.limits = {{RLIMIT_NOFILE, 10, 5}};
    BOOST_TEST(failure_of(options) == "cannot start /bin/sh: setrlimit: Invalid argument");
}

BOOST_FIXTURE_TEST_CASE(a_failed_start_leaves_no_zombie, Fixture)
{
    auto options = shell("");
    options.path = "/no/such/program";
    failure_of(options);
    siginfo_t information{};
    BOOST_TEST(::waitid(P_ALL, 0, &information, WEXITED | WNOHANG) == -1);
    BOOST_TEST(errno == ECHILD);
}

// As a taken-over Kea can between a child's change of user and its program.
BOOST_FIXTURE_TEST_CASE(a_child_that_is_stopped_on_its_way_is_given_up, Fixture)
{
    const auto children = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
    std::jthread hunter([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            std::ifstream file(children);
            for (pid_t child = 0; file >> child;) {
                ::kill(child, SIGSTOP);
            }
        }
    });
    const auto options = shell("exec sleep 60");
    bool given_up = false;
    for (unsigned tries = 0; tries < 200 && !given_up; ++tries) {
        auto spawned = spawn(context.get_executor(), options);
        given_up = spawned.has_error();
        if (given_up) {
            BOOST_TEST(spawned.error().is(ETIMEDOUT), spawned.error().message());
        } else {
            BOOST_REQUIRE(spawned->process.signal(SIGKILL).has_value());
            (void)await(context, spawned->process.async_wait());
        }
    }
    hunter = {};
    BOOST_TEST(given_up);
    siginfo_t information{};
    BOOST_TEST(::waitid(P_ALL, 0, &information, WEXITED | WNOHANG) == -1, "nothing is left of it");
}

BOOST_FIXTURE_TEST_CASE(the_environment_is_the_one_given_and_nothing_else, Fixture)
{
    BOOST_REQUIRE(::setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1) == 0);
    SpawnOptions options;
    options.path = "/usr/bin/env";
    options.environment = {"ONE=1", "TWO=two words"};
    BOOST_TEST(output_of(options) == "ONE=1\nTWO=two words\n");
    ::unsetenv("NOTIFY_SOCKET");
}

BOOST_FIXTURE_TEST_CASE(arguments_arrive_as_they_are, Fixture)
{
    SpawnOptions options;
    options.path = "/usr/bin/printf";
    options.arguments = {"<%s>", "", "a b", "$HOME", "*"};
    BOOST_TEST(output_of(options) == "<><a b><$HOME><*>");
}

BOOST_FIXTURE_TEST_CASE(no_descriptor_but_0_to_2_is_inherited, Fixture)
{
    // Without O_CLOEXEC, as a careless library would open it.
    const UniqueFd careless(::open("/etc/passwd", O_RDONLY)); // NOLINT(android-cloexec-open)
    SpawnOptions options;
    options.path = "/bin/ls";
    options.arguments = {"/proc/self/fd"};
    // The fourth is ls's own, of the folder.
    BOOST_TEST(output_of(options) == "0\n1\n2\n3\n");
}

BOOST_FIXTURE_TEST_CASE(standard_input_is_the_null_device_or_the_descriptor_given, Fixture)
{
    auto options = shell("readlink /proc/self/fd/0");
    BOOST_TEST(output_of(options) == "/dev/null\n");
    const UniqueFd file(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    options.standard_input = file.get();
    BOOST_TEST(output_of(options) == "/etc/passwd\n");
}

BOOST_FIXTURE_TEST_CASE(descriptors_given_in_any_order_do_not_overwrite_each_other, Fixture)
{
    // Standard error of the child is our standard input, which arranging the child's own 0 must not destroy.
    auto options = shell("readlink /proc/self/fd/2 >&1");
    options.standard_error = 0;
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd kept(::fcntl(0, F_DUPFD_CLOEXEC, 3));
    BOOST_REQUIRE(::dup2(ends[0], 0) == 0);
    output.reset(ends[0]);
    const UniqueFd write_end(ends[1]);
    std::array<int, 2> answer{};
    BOOST_REQUIRE(::pipe2(answer.data(), O_CLOEXEC) == 0);
    const UniqueFd answer_read(answer[0]);
    UniqueFd answer_write(answer[1]);
    options.standard_output = answer_write.get();
    auto process = start(options);
    answer_write.reset();
    output.reset(::fcntl(answer_read.get(), F_DUPFD_CLOEXEC, 3));
    BOOST_TEST(read_line().starts_with("pipe:["));
    await(context, process.async_wait());
    BOOST_TEST(::dup2(kept.get(), 0) == 0);
}

BOOST_FIXTURE_TEST_CASE(signals_are_neither_blocked_nor_ignored_in_the_child, Fixture)
{
    sigset_t blocked{};
    sigset_t before{};
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &blocked, &before);
    const auto old_handler = ::signal(SIGPIPE, SIG_IGN);
    SpawnOptions options;
    options.path = "/bin/cat";
    options.arguments = {"/proc/self/status"};
    const auto status = output_of(options);
    BOOST_TEST(status_value(status, "SigBlk") == "0000000000000000");
    BOOST_TEST(status_value(status, "SigIgn") == "0000000000000000");
    // And ours are as they were.
    sigset_t now{};
    ::sigprocmask(SIG_SETMASK, &before, &now);
    BOOST_TEST(::sigismember(&now, SIGTERM) == 1);
    BOOST_TEST(::sigismember(&now, SIGUSR1) == 0);
    ::signal(SIGPIPE, old_handler);
}

BOOST_FIXTURE_TEST_CASE(the_child_has_a_session_umask_folder_and_limits_of_its_own, Fixture)
{
    // Field 6 of stat is the session, field 1 the pid.
    auto options = shell("read pid name state parent group session rest < /proc/self/stat; [ $session = $$ ] && pwd && "
                         "umask && ulimit -n");
    options.working_directory = "/usr";
    options.umask = 0077;
    options.limits = {{RLIMIT_NOFILE, 123, 124}};
    BOOST_TEST(output_of(options) == "/usr\n0077\n123\n");
}

BOOST_FIXTURE_TEST_CASE(the_child_is_scheduled_as_usual_also_where_its_parent_is_not, Fixture)
{
    const sched_param none{};
    BOOST_REQUIRE(::sched_setscheduler(0, SCHED_BATCH, &none) == 0);
    const auto seen = output_of(shell("cut -d ' ' -f 41 /proc/$$/stat"));
    BOOST_REQUIRE(::sched_setscheduler(0, SCHED_OTHER, &none) == 0);
    BOOST_TEST(seen == "0\n");
}

BOOST_FIXTURE_TEST_CASE(the_child_holds_no_capability_and_can_gain_none, Fixture)
{
    SpawnOptions options;
    options.path = "/bin/cat";
    options.arguments = {"/proc/self/status"};
    // As somebody else where we may; else we hold none ourselves.
    if (::geteuid() == 0) {
        options.identity = Identity{65534, 65534, {}};
    }
    const auto status = output_of(options);
    for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
        BOOST_TEST(status_value(status, set) == "0000000000000000");
    }
    BOOST_TEST(status_value(status, "NoNewPrivs") == "1");
}

BOOST_FIXTURE_TEST_CASE(without_apparmor_nothing_is_asked_of_it, Fixture)
{
    auto options = shell("exit 0");
    BOOST_TEST((spawn(context.get_executor(), options)->confinement == Confinement::not_requested));
    options.apparmor_profile = "keavrfd-kea";
    const UniqueFd enabled(::open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC));
    if (!enabled) {
        BOOST_TEST((spawn(context.get_executor(), options)->confinement == Confinement::not_requested));
    }
}

BOOST_AUTO_TEST_SUITE_END()
