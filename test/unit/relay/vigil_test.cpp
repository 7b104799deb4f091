#include "relay/vigil.hpp"

#include <boost/test/unit_test.hpp>

using keavrf::relay::Vigil;
using namespace std::chrono_literals;

namespace {

struct Watched {
    // A request after so long, and whether a vigil begins.
    bool request_after(std::chrono::microseconds pause, std::size_t requests = 1)
    {
        now += pause;
        return vigil.begin(now, requests, next);
    }
    void answer_after(std::chrono::microseconds pause)
    {
        now += pause;
        vigil.answered(now);
    }
    // Ten milliseconds from one request to the next, each answered after so long.
    bool exchanges(unsigned count, std::chrono::microseconds time)
    {
        bool begun = false;
        for (; count > 0; --count) {
            begun = request_after(10ms - time);
            answer_after(time);
        }
        return begun;
    }
    Vigil vigil;
    Vigil::TimePoint now{1h};
    Vigil::TimePoint next;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_vigil)

BOOST_FIXTURE_TEST_CASE(is_kept_after_a_single_request_out_of_the_quiet, Watched)
{
    BOOST_TEST(request_after(10ms));
    BOOST_TEST(vigil.kept(now));
    BOOST_TEST(vigil.kept(now + Vigil::shortest - 1us));
    BOOST_TEST(!vigil.kept(now + Vigil::shortest));
    answer_after(50us);
    BOOST_TEST(!vigil.kept(now));
    BOOST_TEST(request_after(10ms));
}

BOOST_FIXTURE_TEST_CASE(is_not_kept_under_load, Watched)
{
    BOOST_TEST(!request_after(10ms, 2));
    BOOST_TEST(!request_after(10ms, 0));
    BOOST_TEST(request_after(10ms));
    for (int number = 0; number < 1000; ++number) {
        BOOST_TEST(!request_after(Vigil::quiet - 1us));
    }
    answer_after(50us);
    BOOST_TEST(request_after(10ms));
}

BOOST_FIXTURE_TEST_CASE(relays_share_the_budget, Watched)
{
    BOOST_TEST(request_after(10ms));
    Vigil other;
    BOOST_TEST(!other.begin(now + Vigil::share * Vigil::shortest - 1us, 1, next));
    Vigil third;
    BOOST_TEST(third.begin(now + Vigil::share * Vigil::shortest, 1, next));
    BOOST_TEST(other.begin(now + 10ms, 1, next));
}

BOOST_FIXTURE_TEST_CASE(lasts_twice_as_long_as_answers_take, Watched)
{
    BOOST_TEST(exchanges(100, 150us));
    BOOST_TEST((vigil.usual() > 140us && vigil.usual() <= 150us));
    BOOST_TEST(request_after(10ms));
    BOOST_TEST(vigil.kept(now + 280us));
    BOOST_TEST(!vigil.kept(now + 300us));
    // And it costs its share of the time, however long it is.
    Vigil other;
    BOOST_TEST(!other.begin(now + 5ms, 1, next));
    BOOST_TEST(other.begin(now + 6ms, 1, next));
}

BOOST_FIXTURE_TEST_CASE(lasts_a_moment_however_quick_answers_are, Watched)
{
    BOOST_TEST(exchanges(100, 10us));
    BOOST_TEST(request_after(10ms));
    BOOST_TEST(vigil.kept(now + Vigil::shortest - 1us));
}

// Most answers come in time still.
BOOST_FIXTURE_TEST_CASE(lasts_no_longer_than_it_may, Watched)
{
    BOOST_TEST(exchanges(100, 300us));
    BOOST_TEST(request_after(10ms));
    BOOST_TEST(vigil.kept(now + Vigil::longest - 1us));
    BOOST_TEST(!vigil.kept(now + Vigil::longest));
}

BOOST_FIXTURE_TEST_CASE(is_not_kept_for_a_slow_server_and_is_again_when_it_is_quick, Watched)
{
    BOOST_TEST(!exchanges(100, Vigil::longest + 50us));
    BOOST_TEST(!exchanges(1, 50us));
    BOOST_TEST(exchanges(20, 50us));
}

BOOST_FIXTURE_TEST_CASE(is_not_kept_for_one_that_answers_nothing, Watched)
{
    unsigned begun = 0;
    for (unsigned number = 0; number < 1000; ++number) {
        begun += request_after(10ms) ? 1U : 0U;
    }
    BOOST_TEST(begun <= 4U);
    BOOST_TEST(exchanges(50, 50us));
}

// One answer that comes late, or never, costs nothing.
BOOST_FIXTURE_TEST_CASE(is_kept_all_the_same_after_one_that_was_not_answered, Watched)
{
    exchanges(100, 60us);
    BOOST_TEST(request_after(10ms));
    BOOST_TEST(request_after(10ms));
    answer_after(60us);
    BOOST_TEST(request_after(10ms));
}

BOOST_AUTO_TEST_SUITE_END()
