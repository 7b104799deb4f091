#include "instance/engagement.hpp"

#include <boost/test/unit_test.hpp>

using keavrf::instance::Engagement;
using Work = Engagement::Work;
using namespace std::chrono_literals;

namespace {

const Engagement::TimePoint start{1h};

} // namespace

BOOST_AUTO_TEST_SUITE(engagement)

BOOST_AUTO_TEST_CASE(begins_with_the_first_who_asks_and_ends_with_the_last)
{
    Engagement kea;
    BOOST_TEST(!kea.since().has_value());
    kea.begin(Work::test, start);
    kea.begin(Work::test, start + 5s);
    BOOST_TEST((kea.since() == start));
    kea.end(Work::test);
    BOOST_TEST((kea.since() == start));
    kea.end(Work::test);
    BOOST_TEST(!kea.since().has_value());
    kea.begin(Work::apply, start + 9s);
    BOOST_TEST((kea.since() == start + 9s));
}

BOOST_AUTO_TEST_CASE(is_in_what_kea_takes_wherever_it_also_tests)
{
    Engagement kea;
    kea.begin(Work::test, start);
    BOOST_TEST((kea.work() == Work::test));
    kea.begin(Work::apply, start);
    BOOST_TEST((kea.work() == Work::apply));
    kea.end(Work::apply);
    BOOST_TEST((kea.work() == Work::test));
    BOOST_TEST((kea.since() == start));
}

BOOST_AUTO_TEST_SUITE_END()
