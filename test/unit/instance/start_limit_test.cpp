#include "instance/start_limit.hpp"
#include "instance/start_permit.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using keavrf::Semaphore;
using keavrf::instance::StartLimit;
using keavrf::instance::StartPermit;

boost::asio::awaitable<void> hold(Semaphore* starts, StartPermit* permit, bool* held)
{
    auto taken = co_await starts->async_acquire();
    permit->hold(std::move(taken));
    *held = true;
}

// One permit, which one has and another waits for.
struct Starts {
    boost::asio::io_context context{1};
    Semaphore starts{context.get_executor(), 1};
    std::optional<StartPermit> first{context.get_executor()};
    StartPermit second{context.get_executor()};
    bool first_holds = false;
    bool second_holds = false;

    Starts()
    {
        begin(*first, first_holds);
        begin(second, second_holds);
        run();
        BOOST_TEST(first_holds);
        BOOST_TEST(!second_holds);
    }
    void begin(StartPermit& permit, bool& held)
    {
        boost::asio::co_spawn(context, hold(&starts, &permit, &held), [](const std::exception_ptr& /*failure*/) {});
    }
    // Whatever may happen at once.
    void run()
    {
        context.restart();
        context.poll();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(instance_start)

BOOST_AUTO_TEST_CASE(the_limit_of_a_start_doubles_as_far_as_a_minute)
{
    struct Case {
        StartLimit::Duration configured;
        std::vector<StartLimit::Duration> expected; // of one start after another, none of which is ready in time
    };
    const std::vector<Case> cases{{10s, {10s, 20s, 40s, 60s, 60s}}, {1s, {1s, 2s, 4s}}, {90s, {90s, 90s, 90s}}};
    for (const auto& [configured, expected] : cases) {
        StartLimit limit;
        for (const auto each : expected) {
            BOOST_TEST((limit.of(configured) == each));
            limit.timed_out(limit.of(configured));
        }
        limit.was_ready();
        BOOST_TEST((limit.of(configured) == configured));
    }
}

BOOST_FIXTURE_TEST_CASE(a_permit_goes_to_the_next_when_it_is_released, Starts)
{
    first->release();
    run();
    BOOST_TEST(second_holds);
}

BOOST_FIXTURE_TEST_CASE(a_permit_goes_to_the_next_with_its_owner, Starts)
{
    first.reset();
    run();
    BOOST_TEST(second_holds);
}

BOOST_FIXTURE_TEST_CASE(a_permit_goes_to_the_next_after_its_time, Starts)
{
    first->release_after(1ms);
    context.restart();
    while (!second_holds && context.run_one() > 0) {
    }
    BOOST_TEST(second_holds);
}

// Its handler may be on its way.
BOOST_FIXTURE_TEST_CASE(the_time_of_one_permit_is_not_that_of_the_next, Starts)
{
    first->release_after(0ms);
    first->release();
    run();
    BOOST_TEST(second_holds);
    bool again = false;
    begin(*first, again);
    second.release();
    run();
    BOOST_TEST(again);
    second_holds = false;
    begin(second, second_holds);
    run();
    BOOST_TEST(!second_holds);
}

BOOST_AUTO_TEST_SUITE_END()
