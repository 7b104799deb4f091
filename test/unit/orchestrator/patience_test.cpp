#include "orchestrator/patience.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace std::chrono_literals;
using keavrf::orchestrator::Patience;
using Durations = std::vector<Patience::Duration>;

const Patience::TimePoint begin{1000s};

} // namespace

BOOST_AUTO_TEST_SUITE(patience)

BOOST_AUTO_TEST_CASE(waits_as_long_as_the_slowest_may_take)
{
    Patience patience(begin);
    BOOST_TEST((patience.until(begin, Durations{140s, 900s, 140s}) == begin + 900s));
}

BOOST_AUTO_TEST_CASE(does_not_wait_longer_because_it_looks_again)
{
    Patience patience(begin);
    (void)patience.until(begin, Durations{140s, 140s});
    BOOST_TEST((patience.until(begin + 139s, Durations{140s, 140s}) == begin + 140s));
}

BOOST_AUTO_TEST_CASE(counts_anew_when_one_has_come_to_an_end)
{
    Patience patience(begin);
    (void)patience.until(begin, Durations{140s, 900s, 200s});
    BOOST_TEST((patience.until(begin + 60s, Durations{140s, 200s}) == begin + 60s + 200s));
    BOOST_TEST((patience.until(begin + 100s, Durations{140s, 200s}) == begin + 60s + 200s));
    BOOST_TEST((patience.until(begin + 150s, Durations{140s}) == begin + 150s + 140s));
}

// A thousand of them, one after the other, each within its time.
BOOST_AUTO_TEST_CASE(ends_after_an_hour_whatever_comes_to_an_end)
{
    Patience patience(begin);
    Durations outstanding(1000, Patience::Duration(140s));
    auto now = begin;
    auto until = patience.until(now, outstanding);
    while (now < until && !outstanding.empty()) {
        outstanding.pop_back();
        now += 100s;
        until = patience.until(now, outstanding);
    }
    BOOST_TEST((until == begin + Patience::most));
}

BOOST_AUTO_TEST_CASE(waits_for_nothing_where_nothing_is_outstanding)
{
    Patience patience(begin);
    BOOST_TEST((patience.until(begin + 5s, Durations{}) == begin + 5s));
}

BOOST_AUTO_TEST_SUITE_END()
