// As a child subreaper this program gets orphans, as PID 1 would.
#include "../../unit/process/fixture.hpp"
#include "core/task_group.hpp"
#include "process/reaper.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>

namespace {

using namespace keavrf::process;
using keavrf::TaskGroup;
using keavrf::test::await;
using keavrf::test::ProcessFixture;
namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Fixture : ProcessFixture {
    Fixture() { BOOST_REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0); }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture() { ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); }

    // The pid of a sleeping process whose parent has ended, so that it is now ours.
    pid_t orphan()
    {
        const auto parent = start_with_pipe(shell("sleep 1000 >/dev/null & echo $!"));
        const auto pid = static_cast<pid_t>(std::stol(read_line()));
        await(context, parent.async_wait());
        return pid;
    }
};

// Blocks until the child is a zombie, and leaves it one.
void await_zombie(pid_t pid)
{
    siginfo_t information{};
    BOOST_REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &information, WEXITED | WNOWAIT) == 0);
}

bool is_our_child(pid_t pid)
{
    siginfo_t information{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(reaper, Fixture)

BOOST_AUTO_TEST_CASE(takes_orphans_behind_a_child_of_ours_and_leaves_the_child_its_exit_code)
{
    const auto child = start(shell("exit 7"));
    await_zombie(child.pid().value());
    const pid_t first = orphan();
    const pid_t second = orphan();
    BOOST_REQUIRE(::kill(first, SIGKILL) == 0);
    BOOST_REQUIRE(::kill(second, SIGKILL) == 0);
    await_zombie(first);
    await_zombie(second);
    BOOST_TEST(Reaper::reap_orphans() == 2U);
    BOOST_TEST(!is_our_child(first));
    BOOST_TEST(!is_our_child(second));
    BOOST_TEST(await(context, child.async_wait()).describe() == "exited with 7");
    BOOST_TEST(Reaper::reap_orphans() == 0U);
}

BOOST_AUTO_TEST_CASE(wakes_for_each_orphan_that_ends)
{
    Reaper reaper(context.get_executor());
    TaskGroup tasks(context.get_executor());
    tasks.spawn("reaper", reaper.run());
    for (int round = 0; round < 3; ++round) {
        const pid_t pid = orphan();
        context.restart();
        context.poll();
        BOOST_TEST(is_our_child(pid));
        BOOST_REQUIRE(::kill(pid, SIGKILL) == 0);
        while (is_our_child(pid)) {
            context.run_one();
        }
    }
    tasks.stop();
    await(context, tasks.async_join());
}

BOOST_AUTO_TEST_CASE(children_end_as_always_while_it_runs)
{
    Reaper reaper(context.get_executor());
    TaskGroup tasks(context.get_executor());
    tasks.spawn("reaper", reaper.run());
    for (int code = 0; code < 20; ++code) {
        const auto child = start(shell("exit " + std::to_string(code)));
        BOOST_TEST(await(context, child.async_wait()).code == code);
    }
    tasks.stop();
    await(context, tasks.async_join());
}

BOOST_AUTO_TEST_SUITE_END()
