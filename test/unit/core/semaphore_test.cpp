#include "core/semaphore.hpp"
#include "core/task_group.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using keavrf::Semaphore;
using keavrf::TaskGroup;
namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Observation {
    int running = 0;
    int most = 0;
    std::vector<int> order;
};

asio::awaitable<void> worker(Semaphore* semaphore, Observation* seen, int number)
{
    auto permit = co_await semaphore->async_acquire();
    seen->order.push_back(number);
    seen->most = std::max(seen->most, ++seen->running);
    co_await keavrf::async_sleep(1ms);
    --seen->running;
    permit.release();
}

asio::awaitable<void> holder(Semaphore* semaphore)
{
    const auto permit = co_await semaphore->async_acquire();
    co_await keavrf::async_sleep(1h);
}

} // namespace

BOOST_AUTO_TEST_SUITE(semaphore)

BOOST_AUTO_TEST_CASE(never_lets_more_in_than_it_has_permits_and_keeps_the_order)
{
    asio::io_context context;
    Semaphore semaphore(context.get_executor(), 3);
    TaskGroup tasks(context.get_executor());
    Observation seen;
    std::vector<int> expected;
    for (int number = 0; number < 20; ++number) {
        tasks.spawn("worker", worker(&semaphore, &seen, number));
        expected.push_back(number);
    }
    context.run();
    BOOST_TEST(seen.most == 3);
    BOOST_TEST(seen.order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_and_a_cancelled_holder_pass_their_turn_on)
{
    asio::io_context context;
    Semaphore semaphore(context.get_executor(), 1);
    TaskGroup holding(context.get_executor());
    TaskGroup waiting(context.get_executor());
    TaskGroup tasks(context.get_executor());
    Observation seen;
    holding.spawn("holder", holder(&semaphore));
    waiting.spawn("waiter", worker(&semaphore, &seen, 1));
    tasks.spawn("worker", worker(&semaphore, &seen, 2));
    context.run_for(5ms);
    BOOST_TEST(seen.order.empty());
    waiting.stop();
    holding.stop();
    context.restart();
    context.run();
    const std::vector<int> expected{2};
    BOOST_TEST(seen.order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
