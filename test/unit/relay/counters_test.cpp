#include "relay/counters.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

namespace {

using keavrf::relay::AnswerTimes;
using keavrf::relay::DropReason;

} // namespace

BOOST_AUTO_TEST_SUITE(relay_counters)

BOOST_AUTO_TEST_CASE(answer_times_fall_into_the_first_bucket_that_holds_them)
{
    AnswerTimes times;
    for (const auto time : {0, 99'999, 100'000, 100'001, 250'000}) {
        times.add(std::chrono::nanoseconds(time));
    }
    times.add(std::chrono::seconds(5));
    times.add(std::chrono::seconds(6));
    BOOST_TEST(times.buckets[0] == 3U);
    BOOST_TEST(times.buckets[1] == 2U);
    BOOST_TEST(times.buckets[11] == 1U);
    BOOST_TEST(times.buckets[12] == 1U);
    BOOST_TEST(times.count == 7U);
    BOOST_TEST(times.sum.count() == 11'000'550'000);
}

BOOST_AUTO_TEST_CASE(every_reason_has_a_name_of_its_own)
{
    std::set<std::string> names;
    for (std::size_t number = 0; number < keavrf::relay::drop_reason_count; ++number) {
        names.emplace(name(static_cast<DropReason>(number)));
    }
    BOOST_TEST(names.size() == keavrf::relay::drop_reason_count);
    BOOST_TEST(!names.contains(""));
    BOOST_TEST(name(DropReason::no_port) == "no-port");
    BOOST_TEST(name(DropReason::untrusted_option82) == "untrusted-option82");
    BOOST_TEST(name(DropReason::lease_query) == "leasequery");
    BOOST_TEST(name(DropReason::moved) == "moved");
}

BOOST_AUTO_TEST_SUITE_END()
