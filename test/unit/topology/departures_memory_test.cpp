// Whom a change concerns is known of all domains or of none, whatever memory there was.
#include "support/failing_memory.hpp"
#include "topology/departures.hpp"
#include "unit/topology/resolve_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <new>
#include <string>

using namespace keavrf;
using namespace keavrf::topology;
using namespace keavrf::topology::resolve_lab;

namespace {

bool judges(PortOwners& owners, const Network& network, const Domains& domains, int allocations)
{
    const test::FailingMemory failing(allocations);
    try {
        const auto verdicts = owners.judge(network, domains, InterfaceIndex(4));
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(departures)

BOOST_AUTO_TEST_CASE(what_there_was_no_memory_for_is_learned_the_next_time)
{
    const auto network = host();
    const auto config = settings({entry("*")});
    const auto domains = domains_of(config, network);
    PortOwners knowing;
    const auto all = knowing.judge(network, domains, InterfaceIndex(2)).size();
    BOOST_REQUIRE(all > 0U);
    for (int allocations = 0;; ++allocations) {
        BOOST_REQUIRE(allocations < 1000);
        PortOwners owners;
        const bool judged = judges(owners, network, domains, allocations);
        BOOST_TEST(owners.judge(network, domains, InterfaceIndex(2)).size() == all, allocations << " allocations");
        BOOST_TEST(owners.judge(network, domains, InterfaceIndex(4)).size() == 1U, allocations << " allocations");
        if (judged) {
            break;
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
