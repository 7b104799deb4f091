#include "core/task_group.hpp"
#include "fixture.hpp"
#include "process/run.hpp"

#include <sched.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

namespace {

using namespace keavrf::process;
using keavrf::Clock;
using keavrf::TaskGroup;
using keavrf::UniqueFd;
using keavrf::test::await;
using keavrf::test::ProcessFixture;
namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> run_and_forget(SpawnOptions options)
{
    co_await async_run(std::move(options), 1h);
}

asio::awaitable<void> run_and_go_on(SpawnOptions options, Clock::duration limit, std::string* story)
{
    try {
        const auto result = co_await async_run(std::move(options), limit);
        *story += result ? "ended;" : "late;";
    } catch (const std::exception&) {
        *story += "cancelled;";
    }
    try {
        co_await keavrf::async_sleep(1h);
        *story += "slept";
    } catch (const std::exception&) {
        *story += "woken";
    }
}

void check_no_child_left()
{
    siginfo_t information{};
    BOOST_TEST(::waitid(P_ALL, 0, &information, WEXITED | WNOHANG) == -1);
    BOOST_TEST(errno == ECHILD);
}

// While it lives children of ours are in a new namespace of process ids. The first of them, killed, does not end before
// every other is waited for: as one does not that waits for a disk.
class OwnProcessIds {
public:
    OwnProcessIds() : ours_(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC))
    {
        BOOST_REQUIRE(::unshare(CLONE_NEWPID) == 0);
    }
    OwnProcessIds(const OwnProcessIds&) = delete;
    OwnProcessIds& operator=(const OwnProcessIds&) = delete;
    ~OwnProcessIds()
    {
        end_second();
        BOOST_TEST(::setns(ours_.get(), CLONE_NEWPID) == 0);
    }
    void begin_second()
    {
        second_ = ::fork();
        if (second_ == 0) {
            for (;;) {
                ::pause();
            }
        }
    }
    void end_second()
    {
        if (second_ > 0) {
            ::waitpid(std::exchange(second_, 0), nullptr, 0);
        }
    }

private:
    UniqueFd ours_;
    pid_t second_ = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(process_run, ProcessFixture)

BOOST_AUTO_TEST_CASE(collects_both_outputs_and_the_exit_code)
{
    auto options = shell("echo out; echo err >&2; exit 3");
    const auto result = await(context, async_run(options, 60s));
    BOOST_REQUIRE(result.has_value());
    BOOST_TEST(result->output == "out\nerr\n");
    BOOST_TEST(result->status.describe() == "exited with 3");
    BOOST_TEST(!result->truncated);
}

BOOST_AUTO_TEST_CASE(drains_more_than_it_keeps_so_that_the_program_never_blocks)
{
    auto options = shell("head -c 1000000 /dev/zero");
    const auto result = await(context, async_run(options, 60s, 1000));
    BOOST_REQUIRE(result.has_value());
    BOOST_TEST(result->output.size() == 1000U);
    BOOST_TEST(result->truncated);
    BOOST_TEST(result->status.success());
}

BOOST_AUTO_TEST_CASE(kills_what_takes_too_long)
{
    for (const std::string script : {"exec sleep 1000", "exec >/dev/null 2>&1; exec sleep 1000"}) {
        auto options = shell(script);
        const auto result = await(context, async_run(options, 50ms));
        BOOST_REQUIRE(result.has_error());
        BOOST_TEST(result.error().is(ETIMEDOUT));
        BOOST_TEST(result.error().message() == "/bin/sh -c did not end within 50 ms and was killed");
        check_no_child_left();
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_even_end_by_a_kill_is_told_apart)
{
    if (::geteuid() != 0) {
        return;
    }
    pid_t first = 0;
    {
        OwnProcessIds ids;
        asio::steady_timer begun(context, 100ms);
        begun.async_wait([&](const boost::system::error_code&) { ids.begin_second(); });
        auto options = shell("exec sleep 1000");
        const auto result = await(context, async_run(options, 200ms));
        BOOST_REQUIRE(result.has_error());
        BOOST_TEST(result.error().is(not_ended));
        BOOST_TEST(!result.error().is(ETIMEDOUT));
        BOOST_TEST(result.error().message().find(
                       "/bin/sh -c did not end within 200 ms, and does not end, not even by SIGKILL") == 0U,
                   result.error().message());
        siginfo_t information{};
        ids.end_second();
        BOOST_TEST(::waitid(P_ALL, 0, &information, WEXITED) == 0);
        first = information.si_pid;
    }
    BOOST_TEST(first > 0);
    check_no_child_left();
}

BOOST_AUTO_TEST_CASE(when_cancelled_nothing_stays_behind)
{
    TaskGroup tasks(context.get_executor());
    tasks.spawn("run", run_and_forget(shell("exec sleep 1000")));
    context.restart();
    context.poll();
    tasks.stop();
    await(context, tasks.async_join());
    check_no_child_left();
}

// Whoever cleans up after himself must not make his caller forget it.
BOOST_AUTO_TEST_CASE(who_was_cancelled_while_it_ran_stays_cancelled)
{
    std::string story;
    TaskGroup tasks(context.get_executor());
    tasks.spawn("run", run_and_go_on(shell("exec sleep 1000"), 1h, &story));
    context.restart();
    context.poll();
    tasks.stop();
    context.restart();
    context.run_for(10s);
    BOOST_TEST(story == "cancelled;woken");
    BOOST_REQUIRE(tasks.size() == 0U);
    check_no_child_left();
}

BOOST_AUTO_TEST_CASE(after_a_program_that_took_too_long_its_caller_can_still_be_cancelled)
{
    std::string story;
    TaskGroup tasks(context.get_executor());
    tasks.spawn("run", run_and_go_on(shell("exec sleep 1000"), 1ms, &story));
    context.restart();
    while (story.empty() && context.run_one_for(10s) > 0) {
    }
    BOOST_TEST(story == "late;");
    tasks.stop();
    context.restart();
    context.run_for(10s);
    BOOST_TEST(story == "late;woken");
    BOOST_REQUIRE(tasks.size() == 0U);
    check_no_child_left();
}

BOOST_AUTO_TEST_CASE(a_program_that_cannot_be_started_is_an_error)
{
    auto options = shell("");
    options.path = "/no/such/program";
    const auto result = await(context, async_run(options, 60s));
    BOOST_REQUIRE(result.has_error());
    BOOST_TEST(result.error().is(ENOENT));
}

BOOST_AUTO_TEST_SUITE_END()
