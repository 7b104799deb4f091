#include "core/task_group.hpp"
#include "fixture.hpp"
#include "process/process.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>

namespace {

using namespace keavrf::process;
using keavrf::TaskGroup;
using keavrf::test::await;
using keavrf::test::ProcessFixture;
namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> wait_and_count(const Process* process, int* count)
{
    const auto status = co_await process->async_wait();
    *count += status.code;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(process_process, ProcessFixture)

BOOST_AUTO_TEST_CASE(its_exit_is_told_again_and_again)
{
    const auto process = start(shell("exit 7"));
    BOOST_TEST(await(context, process.async_wait()).describe() == "exited with 7");
    BOOST_TEST(await(context, process.async_wait()).describe() == "exited with 7");
    BOOST_TEST(!process.running());
}

BOOST_AUTO_TEST_CASE(its_exit_is_told_to_everybody_who_waits)
{
    auto process = start_with_pipe(shell("echo here; exec sleep 1000"));
    BOOST_TEST(read_line() == "here");
    auto other = start(shell("exit 3"));
    int count = 0;
    TaskGroup tasks(context.get_executor());
    tasks.spawn("first", wait_and_count(&other, &count));
    tasks.spawn("second", wait_and_count(&other, &count));
    await(context, tasks.async_join());
    BOOST_TEST(count == 6);
    BOOST_TEST(process.running());
    BOOST_TEST(await(context, process.async_stop(10s)).describe() == "killed by SIGTERM");
}

BOOST_AUTO_TEST_CASE(a_signal_ends_it_and_is_named)
{
    auto process = start_with_pipe(shell("echo here; exec sleep 1000"));
    BOOST_TEST(read_line() == "here");
    BOOST_TEST(process.running());
    BOOST_TEST(process.signal(SIGKILL).has_value());
    BOOST_TEST(await(context, process.async_wait()).describe() == "killed by SIGKILL");
    // Nobody is left to be signalled, which is what was wanted.
    BOOST_TEST(process.signal(SIGKILL).has_value());
}

BOOST_AUTO_TEST_CASE(stop_kills_what_ignores_sigterm)
{
    auto process = start_with_pipe(shell("trap '' TERM; echo here; while :; do sleep 1000; done"));
    BOOST_TEST(read_line() == "here");
    BOOST_TEST(await(context, process.async_stop(20ms)).describe() == "killed by SIGKILL");
}

BOOST_AUTO_TEST_CASE(stop_lets_it_end_by_itself)
{
    auto process = start_with_pipe(shell("trap 'exit 5' TERM; echo here; sleep 1000 & wait"));
    BOOST_TEST(read_line() == "here");
    BOOST_TEST(await(context, process.async_stop(60s)).describe() == "exited with 5");
}

BOOST_AUTO_TEST_CASE(a_bounded_wait_returns_while_it_still_runs)
{
    auto process = start_with_pipe(shell("echo here; exec sleep 1000"));
    BOOST_TEST(read_line() == "here");
    BOOST_TEST(!await(context, process.async_wait_for(1ms)).has_value());
    BOOST_TEST(!await(context, process.async_wait_for(0ms)).has_value());
    BOOST_TEST(process.running());
    process.signal(SIGTERM).value();
    BOOST_TEST(await(context, process.async_wait_for(60s)).has_value());
}

BOOST_AUTO_TEST_CASE(a_cancelled_wait_unwinds_and_the_process_goes_on)
{
    auto process = start_with_pipe(shell("echo here; exec sleep 1000"));
    BOOST_TEST(read_line() == "here");
    int count = 0;
    TaskGroup tasks(context.get_executor());
    tasks.spawn("wait", wait_and_count(&process, &count));
    context.restart();
    context.poll();
    tasks.stop();
    await(context, tasks.async_join());
    BOOST_TEST(count == 0);
    BOOST_TEST(process.running());
    await(context, process.async_stop(10s));
}

BOOST_AUTO_TEST_CASE(a_wait_goes_on_when_the_process_object_is_moved)
{
    auto process = start(shell("exit 4"));
    auto operation = process.async_wait();
    const auto moved = std::move(process);
    BOOST_TEST(await(context, std::move(operation)).code == 4);
    BOOST_TEST(!moved.running());
}

BOOST_AUTO_TEST_CASE(no_zombie_stays_behind)
{
    {
        const auto process = start(shell("exit 0"));
        await(context, process.async_wait());
    }
    siginfo_t information{};
    BOOST_TEST(::waitid(P_ALL, 0, &information, WEXITED | WNOHANG) == -1);
    BOOST_TEST(errno == ECHILD);
}

BOOST_AUTO_TEST_CASE(an_adopted_process_is_watched_and_stopped_but_its_exit_code_is_unknown)
{
    // Adopting our own child: as if another keavrfd had started it.
    auto child = start_with_pipe(shell("echo here; exec sleep 1000"));
    BOOST_TEST(read_line() == "here");
    const auto identity = process_identity(child.pid()).value();
    auto adopted = Process::adopt(context.get_executor(), identity).value();
    BOOST_TEST(adopted.adopted());
    BOOST_TEST(adopted.pid().value() == child.pid().value());
    BOOST_TEST(adopted.running());
    BOOST_TEST(!await(context, adopted.async_wait_for(1ms)).has_value());
    BOOST_TEST(await(context, adopted.async_stop(60s)).describe() == "ended");
    BOOST_TEST(!adopted.running());
    BOOST_TEST(await(context, child.async_wait()).describe() == "killed by SIGTERM");
}

BOOST_AUTO_TEST_CASE(a_pid_that_was_given_to_another_process_is_not_adopted)
{
    auto child = start_with_pipe(shell("echo here; exec sleep 1000"));
    BOOST_TEST(read_line() == "here");
    auto stale = process_identity(child.pid()).value();
    --stale.start_time;
    const auto adopted = Process::adopt(context.get_executor(), stale);
    BOOST_REQUIRE(adopted.has_error());
    BOOST_TEST(adopted.error().is(ESRCH));
    BOOST_TEST(child.running());
    await(context, child.async_stop(10s));
}

BOOST_AUTO_TEST_SUITE_END()
