#include "core/task_group.hpp"
#include "fixture.hpp"
#include "process/run.hpp"

#include <sys/wait.h>

#include <cerrno>

namespace {

using namespace keavrf::process;
using keavrf::TaskGroup;
using keavrf::test::await;
using keavrf::test::ProcessFixture;
namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> run_and_forget(SpawnOptions options)
{
    co_await async_run(std::move(options), 1h);
}

void check_no_child_left()
{
    siginfo_t information{};
    BOOST_TEST(::waitid(P_ALL, 0, &information, WEXITED | WNOHANG) == -1);
    BOOST_TEST(errno == ECHILD);
}

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
        BOOST_TEST(result.error().message() == "/bin/sh was killed, it took too long: Connection timed out");
        check_no_child_left();
    }
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

BOOST_AUTO_TEST_CASE(a_program_that_cannot_be_started_is_an_error)
{
    auto options = shell("");
    options.path = "/no/such/program";
    const auto result = await(context, async_run(options, 60s));
    BOOST_REQUIRE(result.has_error());
    BOOST_TEST(result.error().is(ENOENT));
}

BOOST_AUTO_TEST_SUITE_END()
