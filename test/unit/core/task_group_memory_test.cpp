// A task for which there is no memory is none: nobody waits for it.
#include "core/task_group.hpp"
#include "support/failing_memory.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

namespace asio = keavrf::asio;
using keavrf::TaskGroup;
using keavrf::test::FailingMemory;

asio::awaitable<void> sleeper()
{
    co_await keavrf::async_sleep(std::chrono::hours(1));
}

asio::awaitable<void> joiner(TaskGroup* group, bool* returned)
{
    co_await group->async_join();
    *returned = true;
}

bool spawns(TaskGroup& group, int allocations)
{
    auto task = sleeper();
    std::string name = "a name that does not fit where short ones do";
    const FailingMemory failing(allocations);
    try {
        group.spawn(std::move(name), std::move(task));
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(task_group_memory)

BOOST_AUTO_TEST_CASE(a_task_that_could_not_be_begun_keeps_nobody_from_joining)
{
    asio::io_context context;
    TaskGroup group(context.get_executor());
    int allocations = 0;
    while (!spawns(group, allocations)) {
        BOOST_TEST(group.size() == 0U, allocations << " allocations");
        ++allocations;
        BOOST_REQUIRE(allocations < 100);
    }
    BOOST_TEST(allocations > 1);
    BOOST_TEST(group.size() == 1U);
    context.run_for(std::chrono::milliseconds(1));
    group.stop();
    TaskGroup outer(context.get_executor());
    bool joined = false;
    outer.spawn("join", joiner(&group, &joined));
    context.restart();
    context.run();
    BOOST_TEST(joined);
}

BOOST_AUTO_TEST_SUITE_END()
