// What a real Kea does with its lease file when that is gone, and what becomes of its leases.
#include "fixture.hpp"
#include "kea/lease_watch.hpp"

#include <unistd.h>

#include <thread>

namespace {

using namespace keavrf::kea;
using namespace std::chrono_literals;
using keavrf::Clock;
using keavrf::test::KeaFixture;
namespace fs = std::filesystem;

const std::string header =
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n";
const std::string rows = header + "192.168.1.100,02:00:00:00:01:00,,86400,4000000000,1,0,0,,0,\n"
                                  "192.168.1.101,02:00:00:00:01:01,,86400,4000000000,1,0,0,,0,\n";
// It cleans up every ten seconds, which is time enough for what comes before the first.
const std::string cleans = R"({"lease-database": {"type": "memfile", "lfc-interval": 10}, "subnet4": [{"id": 1,
    "subnet": "192.168.1.0/24", "pools": [{"pool": "192.168.1.100 - 192.168.1.200"}]}]})";

struct WithLeases : KeaFixture {
    Server server{context.get_executor(), spec()};
    LeaseWatch watch;

    WithLeases()
    {
        prepare(server, configuration(cleans));
        std::ofstream(paths.lease_file) << rows;
        BOOST_REQUIRE(::chown(paths.lease_file.c_str(), identity.user, identity.group) == 0);
        start(server, configuration(cleans));
    }
    bool astray() { return watch.astray(Clock::now(), server.pid(), paths.lease_file); }
    std::int64_t leases()
    {
        const auto reply = ask(server, "statistic-get-all");
        return reply.at("arguments").at("subnet[1].assigned-addresses").at(0).at(0).as_int64();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(kea_lost_file)

BOOST_FIXTURE_TEST_CASE(a_cleanup_begins_a_new_file_and_what_was_before_is_put_in_front_of_it, WithLeases)
{
    BOOST_TEST(leases() == 2);
    BOOST_TEST(!astray());
    fs::remove(paths.lease_file);
    const auto deadline = Clock::now() + 60s;
    while (!watch.continued() && Clock::now() < deadline) {
        BOOST_TEST_REQUIRE(astray());
        std::this_thread::sleep_for(1ms);
    }
    BOOST_REQUIRE(watch.continued());
    wait(server.async_stop());
    const auto back = wait(server.async_put_leases_back(watch.held(), watch.continued()));
    BOOST_REQUIRE_MESSAGE(back.has_value(), back.error().message());
    BOOST_TEST(slurp(paths.lease_file).starts_with(rows));
    start(server, configuration(cleans));
    BOOST_TEST(leases() == 2);
    wait(server.async_stop());
}

// As a keavrfd that is killed after the first of the two leaves it.
BOOST_FIXTURE_TEST_CASE(what_was_kept_is_put_in_front_of_it_at_the_next_start, WithLeases)
{
    BOOST_TEST(!astray());
    fs::remove(paths.lease_file);
    BOOST_TEST(astray());
    const auto proved = wait(server.async_prove_leases(watch.held(), false));
    BOOST_REQUIRE_MESSAGE(proved.has_value(), proved.error().message());
    watch.put_back();
    const auto deadline = Clock::now() + 60s;
    while (!fs::exists(paths.lease_file) && Clock::now() < deadline) {
        std::this_thread::sleep_for(1ms);
    }
    const bool more = wait(server.async_copy_knows_more());
    BOOST_TEST(more);
    wait(server.async_stop());
    start(server, configuration(cleans));
    BOOST_TEST(leases() == 2);
    BOOST_TEST(!fs::exists(kept_copy(paths.lease_file)));
    wait(server.async_stop());
}

BOOST_AUTO_TEST_SUITE_END()
