#include "core/slices.hpp"
#include "core/task_group.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

namespace {

using keavrf::Pause;
using keavrf::Slices;
using keavrf::TaskGroup;
namespace asio = boost::asio;
using namespace std::chrono_literals;

// Deep in whatever the work does, with objects on its stack.
void descend(const Pause& pause, int depth, std::string& trace)
{
    const std::string name = std::to_string(depth);
    pause();
    trace += name;
    if (depth > 0) {
        descend(pause, depth - 1, trace);
    }
    trace += name;
}

struct Unwound {
    explicit Unwound(bool& told) : told_(told) {}
    Unwound(const Unwound&) = delete;
    Unwound& operator=(const Unwound&) = delete;
    ~Unwound() { told_ = true; }

private:
    bool& told_;
};

asio::awaitable<void> count_turns(int* turns, int most)
{
    const auto executor = co_await asio::this_coro::executor;
    while (*turns < most) {
        ++*turns;
        co_await asio::post(executor, asio::use_awaitable);
    }
}

asio::awaitable<void> async_keep(keavrf::SlicedWork work, std::exception_ptr* failure)
{
    try {
        co_await keavrf::async_in_slices(std::move(work));
    } catch (...) {
        *failure = std::current_exception();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(slices)

BOOST_AUTO_TEST_CASE(work_is_left_at_a_pause_and_goes_on_where_it_was)
{
    std::string trace;
    Slices slices([&trace](const Pause& pause) { descend(pause, 3, trace); });
    BOOST_TEST(!slices.run(0ms));
    BOOST_TEST(trace == "");
    BOOST_TEST(!slices.run(0ms));
    BOOST_TEST(trace == "3");
    BOOST_TEST(!slices.run(0ms));
    BOOST_TEST(trace == "32");
    BOOST_TEST(slices.run(1h));
    BOOST_TEST(trace == "32100123");
    BOOST_TEST(slices.run(1h));
    BOOST_TEST(trace == "32100123");
}

BOOST_AUTO_TEST_CASE(work_that_has_not_begun_never_does)
{
    bool begun = false;
    {
        const Slices slices([&begun](const Pause& /*pause*/) { begun = true; });
    }
    BOOST_TEST(!begun);
}

BOOST_AUTO_TEST_CASE(work_that_is_given_up_unwinds)
{
    bool unwound = false;
    bool went_on = false;
    {
        Slices slices([&](const Pause& pause) {
            const Unwound object(unwound);
            pause();
            went_on = true;
        });
        BOOST_TEST(!slices.run(0ms));
        BOOST_TEST(!unwound);
    }
    BOOST_TEST(unwound);
    BOOST_TEST(!went_on);
}

BOOST_AUTO_TEST_CASE(exceptions_of_the_work_and_of_others_do_not_meet)
{
    std::string caught;
    Slices slices([&caught](const Pause& pause) {
        for (int at = 0; at < 3; ++at) {
            try {
                pause();
                throw std::runtime_error("inside " + std::to_string(at));
            } catch (const std::runtime_error& error) {
                caught += error.what();
            }
        }
        pause();
        throw std::runtime_error("the end");
    });
    for (int at = 0; at < 4; ++at) {
        try {
            BOOST_TEST(!slices.run(0ms));
            throw std::logic_error("outside");
        } catch (const std::logic_error& error) {
            caught += error.what();
        }
    }
    BOOST_TEST(caught == "outsideinside 0outsideinside 1outsideinside 2outside");
    BOOST_CHECK_THROW(slices.run(0ms), std::runtime_error);
    BOOST_TEST(std::uncaught_exceptions() == 0);
}

// It would never end otherwise.
BOOST_AUTO_TEST_CASE(others_have_their_turns_meanwhile)
{
    asio::io_context context;
    TaskGroup tasks(context.get_executor());
    int turns = 0;
    std::exception_ptr failure;
    tasks.spawn("work", async_keep(
                            [&turns](const Pause& pause) {
                                while (turns < 10) {
                                    pause();
                                }
                            },
                            &failure));
    tasks.spawn("other", count_turns(&turns, 10));
    context.run();
    BOOST_TEST(turns == 10);
    BOOST_TEST(!failure);
}

BOOST_AUTO_TEST_CASE(cancelled_it_ends_at_its_next_pause)
{
    asio::io_context context;
    TaskGroup tasks(context.get_executor());
    bool unwound = false;
    std::exception_ptr failure;
    tasks.spawn("work", async_keep(
                            [&unwound](const Pause& pause) {
                                const Unwound object(unwound);
                                while (true) {
                                    pause();
                                }
                            },
                            &failure));
    asio::post(context, [&tasks] { tasks.stop(); });
    context.run();
    BOOST_TEST(unwound);
    BOOST_REQUIRE(failure);
    BOOST_TEST(keavrf::is_cancellation(failure));
}

BOOST_AUTO_TEST_SUITE_END()
