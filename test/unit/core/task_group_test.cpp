#include "core/task_group.hpp"
#include "core/wakeup.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

namespace {

using keavrf::TaskGroup;
using keavrf::Wakeup;
namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> sleeper(bool* ended)
{
    try {
        co_await keavrf::async_sleep(1h);
    } catch (...) {
        *ended = true;
        throw;
    }
}

asio::awaitable<void> failing()
{
    co_await keavrf::async_sleep(1ms);
    throw std::runtime_error("broken");
}

asio::awaitable<void> joiner(TaskGroup* group, std::string* outcome)
{
    try {
        co_await group->async_join();
        *outcome = "returned";
    } catch (const std::runtime_error& error) {
        *outcome = error.what();
    }
}

// Whether it knows, after the join, that it was cancelled meanwhile.
asio::awaitable<void> cancelled_joiner(TaskGroup* group, std::string* outcome)
{
    try {
        co_await group->async_join();
    } catch (const std::exception&) {
        *outcome = "joined";
    }
    co_await keavrf::async_sleep(1h);
    *outcome = "went on";
}

struct Fixture {
    asio::io_context context;
    TaskGroup inner{context.get_executor()};
    TaskGroup outer{context.get_executor()};
    std::string outcome;
    bool ended = false;
};

} // namespace

BOOST_AUTO_TEST_SUITE(task_group)

BOOST_FIXTURE_TEST_CASE(the_first_failure_stops_the_others_and_is_rethrown_by_join, Fixture)
{
    inner.spawn("sleeper", sleeper(&ended));
    inner.spawn("failing", failing());
    outer.spawn("join", joiner(&inner, &outcome));
    context.run();
    BOOST_TEST(outcome == "broken");
    BOOST_TEST(ended);
    BOOST_TEST(inner.failed_task() == "failing");
    BOOST_TEST(inner.size() == 0U);
}

BOOST_FIXTURE_TEST_CASE(stop_ends_every_task_and_join_returns, Fixture)
{
    inner.spawn("sleeper", sleeper(&ended));
    outer.spawn("join", joiner(&inner, &outcome));
    context.run_for(5ms);
    BOOST_TEST(outcome.empty());
    inner.stop();
    context.restart();
    context.run();
    BOOST_TEST(outcome == "returned");
    BOOST_TEST(ended);
}

BOOST_FIXTURE_TEST_CASE(one_task_is_stopped_and_the_others_go_on, Fixture)
{
    bool other_ended = false;
    const auto first = inner.spawn("first", sleeper(&ended));
    const auto second = inner.spawn("second", sleeper(&other_ended));
    context.run_for(5ms);
    inner.stop(first);
    context.restart();
    context.run_for(5ms);
    BOOST_TEST(ended);
    BOOST_TEST(!inner.running(first));
    BOOST_TEST(!other_ended);
    BOOST_TEST(inner.running(second));
    inner.stop(first); // ended already: nothing happens
    inner.stop();
    context.restart();
    context.run();
    BOOST_TEST(other_ended);
}

BOOST_FIXTURE_TEST_CASE(the_owner_is_told_of_a_failure_and_join_still_rethrows_it, Fixture)
{
    int told = 0;
    inner.on_failure([&told] { ++told; });
    inner.spawn("failing", failing());
    inner.spawn("also failing", failing());
    context.run();
    BOOST_TEST(told == 1);
    BOOST_TEST(inner.failed());
    outer.spawn("join", joiner(&inner, &outcome));
    context.restart();
    context.run();
    BOOST_TEST(outcome == "broken");
}

BOOST_FIXTURE_TEST_CASE(who_was_cancelled_while_he_joined_stays_cancelled, Fixture)
{
    inner.spawn("sleeper", sleeper(&ended));
    outer.spawn("join", cancelled_joiner(&inner, &outcome));
    context.run_for(5ms);
    BOOST_TEST(outcome.empty());
    outer.stop();
    context.restart();
    context.run_for(1s);
    BOOST_TEST(outcome == "joined");
    BOOST_TEST(ended);
    BOOST_REQUIRE(outer.size() == 0U); // and does not sleep
}

BOOST_FIXTURE_TEST_CASE(a_task_spawned_after_stop_is_cancelled_at_once, Fixture)
{
    inner.stop();
    inner.spawn("sleeper", sleeper(&ended));
    outer.spawn("join", joiner(&inner, &outcome));
    context.run();
    BOOST_TEST(outcome == "returned");
}

BOOST_FIXTURE_TEST_CASE(cancelling_the_joiner_stops_the_group_and_waits_for_it, Fixture)
{
    inner.spawn("sleeper", sleeper(&ended));
    outer.spawn("join", joiner(&inner, &outcome));
    context.run_for(5ms);
    outer.stop();
    context.restart();
    context.run();
    BOOST_TEST(ended);
    BOOST_TEST(!outcome.empty());
    BOOST_TEST(inner.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(wakeup)

namespace {

asio::awaitable<void> count_wakeups(Wakeup* event, int* count, int limit)
{
    while (*count < limit) {
        co_await event->async_wait();
        ++*count;
    }
}

asio::awaitable<void> wait_with_deadline(Wakeup* event, int* notified, int* timed_out)
{
    const bool first = co_await event->async_wait_until(keavrf::Clock::now() + 1ms);
    const bool second = co_await event->async_wait_until(keavrf::Clock::now() + 1h);
    *notified = (first ? 1 : 0) + (second ? 1 : 0);
    *timed_out = first ? 0 : 1;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_notification_before_the_wait_is_not_lost_and_several_wake_once)
{
    asio::io_context context;
    Wakeup event(context.get_executor());
    TaskGroup tasks(context.get_executor());
    int count = 0;
    event.notify();
    event.notify();
    tasks.spawn("count", count_wakeups(&event, &count, 2));
    context.run_for(10ms);
    BOOST_TEST(count == 1);
    event.notify();
    context.restart();
    context.run();
    BOOST_TEST(count == 2);
}

BOOST_AUTO_TEST_CASE(a_deadline_says_that_nobody_notified)
{
    asio::io_context context;
    Wakeup event(context.get_executor());
    TaskGroup tasks(context.get_executor());
    int notified = 0;
    int timed_out = 0;
    tasks.spawn("wait", wait_with_deadline(&event, &notified, &timed_out));
    context.run_for(20ms);
    event.notify();
    context.restart();
    context.run();
    BOOST_TEST(notified == 1);
    BOOST_TEST(timed_out == 1);
}

BOOST_AUTO_TEST_SUITE_END()
