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
        return vigil.begin(now, requests, last);
    }
    void answer_after(std::chrono::microseconds pause)
    {
        now += pause;
        vigil.answered(now);
    }
    Vigil vigil;
    Vigil::TimePoint now{1h};
    Vigil::TimePoint last;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_vigil)

BOOST_FIXTURE_TEST_CASE(is_kept_after_a_single_request_out_of_the_quiet, Watched)
{
    BOOST_TEST(request_after(10ms));
    BOOST_TEST(vigil.kept(now));
    BOOST_TEST(vigil.kept(now + Vigil::length - 1us));
    BOOST_TEST(!vigil.kept(now + Vigil::length));
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
    BOOST_TEST(request_after(Vigil::quiet));
}

BOOST_FIXTURE_TEST_CASE(relays_share_the_budget, Watched)
{
    BOOST_TEST(request_after(10ms));
    Vigil other;
    BOOST_TEST(!other.begin(now + Vigil::apart - 1us, 1, last));
    BOOST_TEST(other.begin(now + 2 * Vigil::apart, 1, last));
}

BOOST_FIXTURE_TEST_CASE(becomes_rare_while_it_is_in_vain, Watched)
{
    for (unsigned number = 0; number < Vigil::vain_most; ++number) {
        BOOST_TEST(request_after(10ms));
        answer_after(Vigil::length + 1us); // too late
    }
    unsigned kept = 0;
    for (unsigned number = 0; number < 10 * Vigil::rarely; ++number) {
        kept += request_after(10ms) ? 1U : 0U;
    }
    BOOST_TEST(kept == 10U);
}

BOOST_FIXTURE_TEST_CASE(is_kept_again_as_soon_as_one_was_answered, Watched)
{
    for (unsigned number = 0; number < 2 * Vigil::vain_most; ++number) {
        request_after(10ms);
    }
    while (!request_after(10ms)) {
    }
    answer_after(50us);
    BOOST_TEST(request_after(10ms));
    BOOST_TEST(request_after(10ms));
}

BOOST_AUTO_TEST_SUITE_END()
