// A VRF for which there is no memory takes nobody along (DESIGN section 6).
#include "pair.hpp"
#include "support/sanitizer.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <sstream>
#include <string>

using namespace keavrf::test;

namespace {

// Not a byte more than it has; false: as much as it likes again.
void limit_memory(pid_t pid, bool limited)
{
    rlimit limit{};
    BOOST_REQUIRE(::prlimit(pid, RLIMIT_AS, nullptr, &limit) == 0);
    std::istringstream pages(slurp("/proc/" + std::to_string(pid) + "/statm"));
    rlim_t size = 0;
    pages >> size;
    limit.rlim_cur = limited ? size * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) : limit.rlim_max;
    BOOST_REQUIRE(::prlimit(pid, RLIMIT_AS, &limit, nullptr) == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(want_of_memory)

// One that could remember no more exchanges, and whose packets would have ended the service of all.
BOOST_FIXTURE_TEST_CASE(a_flood_for_which_there_is_no_memory_costs_nobody_anything, Pair, *unless_sanitized())
{
    auto daemon = Daemon::with(red_and_blue);
    const auto kea_of_red = daemon.wait_until("red", "serving").kea.value();
    const auto kea_of_blue = daemon.wait_until("blue", "serving").kea.value();
    limit_memory(daemon.pid(), true);
    auto client = red.client();
    auto message = client.message(type::discover);
    for (unsigned number = 0; number < 8192 && daemon.program().running(); ++number) {
        ++message.xid; // another exchange to remember
        client.broadcast(message);
    }
    BOOST_REQUIRE_MESSAGE(daemon.program().running(), daemon.log());
    BOOST_TEST(serves(blue), daemon.log());
    BOOST_TEST(serves(red), daemon.log());
    limit_memory(daemon.pid(), false);
    BOOST_TEST(daemon.wait_until("red", "serving").kea.value() == kea_of_red, daemon.log());
    BOOST_TEST(daemon.wait_until("blue", "serving").kea.value() == kea_of_blue, daemon.log());
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
