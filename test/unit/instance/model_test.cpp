// The life of instances as a walk through random events: Machine and plan_instance() together, carried out in the model
// of the world that the plan's own property test has. Whatever happens on the way: never two Keas on one lease file,
// never an action on what is not ours, never a configuration told twice that was refused, or that has killed a Kea on
// trial. And when it has become quiet, everything is as desired.
#include "unit/instance/walk.hpp"

#include <boost/test/unit_test.hpp>

using keavrf::instance::model::Counts;
using keavrf::instance::model::Walk;

BOOST_AUTO_TEST_SUITE(instance_model)

BOOST_AUTO_TEST_CASE(whatever_happens_on_the_way_it_ends_as_desired)
{
    constexpr std::uint64_t walks = 3'000;
    Counts counts;
    for (std::uint64_t seed = 0; seed < walks; ++seed) {
        Walk walk(seed, counts);
        walk.stormy(40);
        const auto wrong = walk.calm();
        if (!wrong.empty()) {
            BOOST_FAIL("seed " << seed << ":\n" << wrong);
        }
    }
    for (const auto* what : {"state waiting",
                             "state preparing",
                             "state starting",
                             "state serving",
                             "state backoff",
                             "state rejected",
                             "state refused",
                             "state stopping",
                             "rejections",
                             "failures",
                             "undo failures",
                             "stop-server",
                             "repair-pair",
                             "name-namespace",
                             "write-record",
                             "forget-server",
                             "reload-server",
                             "remove-namespace",
                             "falls back",
                             "told what it took before",
                             "tried",
                             "taken back",
                             "killed on trial",
                             "runtime folder wiped",
                             "killed",
                             "without proof",
                             "proved by the copy",
                             "disk full",
                             "no room for a record",
                             "serves on without",
                             "lock let go",
                             "stray",
                             "strays ended",
                             "suspect in the way",
                             "lease file in use",
                             "cannot be told yet",
                             "take-over",
                             "killed before the record"}) {
        BOOST_TEST(counts[what] >= 500U, what << " occurred " << counts[what] << " times");
    }
}

BOOST_AUTO_TEST_SUITE_END()
