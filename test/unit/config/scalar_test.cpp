#include "config/scalar.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf::config;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(config_scalar)

BOOST_AUTO_TEST_CASE(a_duration_is_a_whole_number_with_a_unit)
{
    BOOST_TEST(parse_duration("10s")->count() == 10000);
    BOOST_TEST(parse_duration("500ms")->count() == 500);
    BOOST_TEST(parse_duration("2m")->count() == 120000);
    BOOST_TEST(parse_duration("1h")->count() == 3600000);
    BOOST_TEST(parse_duration("0s")->count() == 0);
    for (const auto* text :
         {"", "10", "s", "1.5s", "-1s", "+1s", "10 s", "10S", "10sec", "010s", "1s ", "99999999999999h"}) {
        BOOST_TEST(!parse_duration(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(a_duration_prints_as_it_reads)
{
    for (const auto* text : {"0s", "1ms", "500ms", "1500ms", "10s", "90s", "2m", "1h", "25h"}) {
        BOOST_TEST(duration_text(*parse_duration(text)) == text);
    }
    BOOST_TEST(duration_text(milliseconds(60000)) == "1m");
}

BOOST_AUTO_TEST_CASE(a_size_is_in_bytes_or_binary_multiples)
{
    BOOST_TEST(*parse_size("1500") == 1500U);
    BOOST_TEST(*parse_size("1500B") == 1500U);
    BOOST_TEST(*parse_size("9KiB") == 9216U);
    BOOST_TEST(*parse_size("1MiB") == 1048576U);
    for (const auto* text : {"", "B", "1.5KiB", "-1", "9k", "9KB", "010", "1 B"}) {
        BOOST_TEST(!parse_size(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
