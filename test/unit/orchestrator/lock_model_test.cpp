// Never do two keavrfds believe to hold one lock, once whoever held a file that was removed has looked; and whoever
// believes holds the file of that name. When it has become quiet, each lock that is wanted has one holder.
#include "lock_world.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>

using keavrf::test::World;

BOOST_AUTO_TEST_SUITE(lock_model)

BOOST_AUTO_TEST_CASE(never_do_two_believe_to_hold_one_lock)
{
    std::map<std::string, unsigned> counts;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed)
        {
            World world(seed);
            BOOST_REQUIRE(world.walk(400));
            BOOST_REQUIRE(world.settles());
            BOOST_REQUIRE(world.next_can_start());
            for (const auto& [what, count] : world.counts()) {
                counts[what] += count;
            }
        }
    }
    for (const auto* what : {"taken", "refused", "remade", "lost", "killed", "all wiped", "locked what nobody finds",
                             "removed another's", "believed wrongly for a moment"}) {
        BOOST_TEST(counts[what] > 100U, what << ": " << counts[what]);
    }
}

// Who does not look whether the name still names what it has locked.
BOOST_AUTO_TEST_CASE(the_model_notices_carelessness)
{
    bool noticed = false;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        World world(seed, true);
        noticed = noticed || !world.walk(400);
    }
    BOOST_TEST(noticed);
}

BOOST_AUTO_TEST_SUITE_END()
