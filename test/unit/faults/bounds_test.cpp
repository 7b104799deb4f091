#include "bounds.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using keavrf::faults::BackoffModel;
using keavrf::faults::Clock;
using keavrf::faults::Milliseconds;
using keavrf::faults::Table;

BOOST_AUTO_TEST_SUITE(bounds)

BOOST_AUTO_TEST_CASE(the_longest_delay_doubles_with_each_hit_up_to_thirty_seconds_and_a_fifth)
{
    BackoffModel model;
    BOOST_TEST(model.longest_delay().count() == 0);
    const std::vector<int> expected{240, 480, 960, 1920, 3840, 7680, 15360, 30720, 36000, 36000};
    Clock::time_point now{};
    for (const auto milliseconds : expected) {
        now += 1s;
        model.hit(now);
        model.served(now + 500ms);
        BOOST_TEST(model.longest_delay().count() == milliseconds);
    }
}

BOOST_AUTO_TEST_CASE(long_service_and_a_new_keavrfd_start_from_the_beginning)
{
    BackoffModel model;
    const Clock::time_point start{};
    model.hit(start);
    model.hit(start + 1s);
    model.served(start + 2s);
    model.hit(start + 92s);
    BOOST_TEST(model.longest_delay().count() == 240);
    model.hit(start + 93s);
    BOOST_TEST(model.longest_delay().count() == 480);
    model.forget();
    BOOST_TEST(model.longest_delay().count() == 0);
}

BOOST_AUTO_TEST_CASE(time_without_service_is_no_service)
{
    BackoffModel model;
    const Clock::time_point start{};
    model.hit(start);
    model.hit(start + 200s);
    BOOST_TEST(model.longest_delay().count() == 480);
}

BOOST_AUTO_TEST_CASE(the_table_has_a_line_for_each_kind_of_fault)
{
    Table table;
    table.recovered("kea-kill", 30ms);
    table.recovered("kea-kill", 10ms);
    table.recovered("kea-kill", 500ms);
    table.missed("kea-stop", "tenant 1 does not serve");
    table.lost("kea-stop", 2);
    BOOST_TEST(table.faults() == 4U);
    BOOST_TEST(table.misses().size() == 1U);
    const auto text = table.text();
    BOOST_TEST(text.find("kea-kill                    3        30       500       0      0") != std::string::npos,
               text);
    BOOST_TEST(text.find("kea-stop                    1         0         0       1      2") != std::string::npos,
               text);
}

BOOST_AUTO_TEST_SUITE_END()
