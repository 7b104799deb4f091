#include "core/backoff.hpp"
#include "core/token_bucket.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(backoff)

BOOST_AUTO_TEST_CASE(doubles_to_the_longest_delay)
{
    keavrf::Backoff backoff;
    for (const auto expected : {200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}) {
        BOOST_TEST(backoff.next(0ms, 0.5).count() == expected);
    }
}

BOOST_AUTO_TEST_CASE(restarts_at_once_after_a_healthy_run_and_begins_anew)
{
    keavrf::Backoff backoff;
    backoff.next(0ms, 0.5);
    backoff.next(0ms, 0.5);
    BOOST_TEST(backoff.next(60s, 0.5).count() == 0);
    BOOST_TEST(backoff.next(59999ms, 0.5).count() == 200);
}

BOOST_AUTO_TEST_CASE(jitter_stays_within_a_fifth)
{
    keavrf::Backoff low;
    keavrf::Backoff high;
    BOOST_TEST(low.next(0ms, 0.0).count() == 160);
    BOOST_TEST(high.next(0ms, 0.999999).count() == 239);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(token_bucket)

BOOST_AUTO_TEST_CASE(lets_a_burst_pass_and_then_the_rate)
{
    keavrf::TokenBucket bucket(10, 3);
    const std::chrono::steady_clock::time_point start{};
    BOOST_TEST(bucket.take(start));
    BOOST_TEST(bucket.take(start));
    BOOST_TEST(bucket.take(start));
    BOOST_TEST(!bucket.take(start));
    BOOST_TEST(!bucket.take(start + 99ms));
    BOOST_TEST(bucket.take(start + 200ms));
}

BOOST_AUTO_TEST_CASE(a_rate_of_zero_never_limits)
{
    keavrf::TokenBucket bucket;
    for (int i = 0; i < 1000; ++i) {
        BOOST_TEST(bucket.take({}));
    }
}

BOOST_AUTO_TEST_SUITE_END()
