#include "statistics.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

BOOST_AUTO_TEST_SUITE(statistics)

BOOST_AUTO_TEST_CASE(a_percentile_is_a_sample_by_nearest_rank)
{
    std::vector<double> samples(100);
    std::iota(samples.rbegin(), samples.rend(), 1.0);
    struct Case {
        double share;
        double expected;
    };
    for (const auto& [share, expected] :
         std::vector<Case>{{0, 1}, {0.01, 1}, {0.5, 50}, {0.505, 51}, {0.99, 99}, {0.991, 100}, {1, 100}, {7, 100}}) {
        BOOST_TEST(keavrf::bench::percentile(samples, share) == expected, share);
    }
}

BOOST_AUTO_TEST_CASE(few_samples_have_percentiles_too)
{
    std::vector<double> none;
    std::vector<double> one{4};
    BOOST_TEST(keavrf::bench::percentile(none, 0.5) == 0);
    BOOST_TEST(keavrf::bench::percentile(one, 0.5) == 4);
    BOOST_TEST(keavrf::bench::percentile(one, 0.99) == 4);
}

BOOST_AUTO_TEST_CASE(the_median_ignores_one_round_that_went_wrong)
{
    BOOST_TEST(keavrf::bench::median({}) == 0);
    BOOST_TEST(keavrf::bench::median({3, 1000, 1}) == 3);
    BOOST_TEST(keavrf::bench::median({4, 1, 2, 1000}) == 3);
}

BOOST_AUTO_TEST_SUITE_END()
