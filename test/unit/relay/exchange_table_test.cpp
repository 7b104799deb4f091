#include "relay/exchange_table.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

namespace {

using keavrf::relay::Exchange;
using keavrf::relay::ExchangeKey;
using keavrf::relay::ExchangeTable;
using keavrf::relay::TimePoint;

ExchangeKey key(std::uint32_t xid, std::uint8_t client = 1)
{
    ExchangeKey key;
    key.xid = xid;
    key.answered_at = keavrf::Ipv4Address(0x0a020001);
    key.chaddr[5] = client;
    return key;
}

Exchange at(int milliseconds)
{
    Exchange exchange;
    exchange.arrived = TimePoint(std::chrono::milliseconds(milliseconds));
    return exchange;
}

} // namespace

BOOST_AUTO_TEST_SUITE(exchange_table)

BOOST_AUTO_TEST_CASE(finds_by_xid_and_hardware_address_and_where_the_answer_goes)
{
    ExchangeTable table;
    table.remember(key(1, 1), at(1));
    table.remember(key(1, 2), at(2));
    BOOST_TEST((table.find(key(1, 1))->arrived == at(1).arrived));
    BOOST_TEST((table.find(key(1, 2))->arrived == at(2).arrived));
    BOOST_TEST(table.find(key(2, 1)) == nullptr);
    auto longer = key(1, 1);
    longer.chaddr[15] = 7;
    BOOST_TEST(table.find(longer) == nullptr);
    auto elsewhere = key(1, 1);
    elsewhere.answered_at = keavrf::Ipv4Address(0x0a020002);
    BOOST_TEST(table.find(elsewhere) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_repeated_message_counts_as_pending_in_one_entry)
{
    ExchangeTable table;
    for (int time = 0; time < 300; ++time) {
        table.remember(key(1), at(time));
    }
    BOOST_TEST(table.size() == 1U);
    BOOST_TEST(table.find(key(1))->pending == 255);
    BOOST_TEST((table.find(key(1))->arrived == at(299).arrived));
}

BOOST_AUTO_TEST_CASE(the_oldest_goes_when_the_limit_is_reached)
{
    ExchangeTable table(7, 100);
    for (std::uint32_t xid = 0; xid < 100; ++xid) {
        table.remember(key(xid), at(static_cast<int>(xid)));
    }
    BOOST_TEST(table.evicted() == 0U);
    table.remember(key(0), at(100)); // the oldest is the youngest now
    table.remember(key(100), at(101));
    BOOST_TEST(table.size() == 100U);
    BOOST_TEST(table.evicted() == 1U);
    BOOST_TEST(table.find(key(0)) != nullptr);
    BOOST_TEST(table.find(key(1)) == nullptr);
    BOOST_TEST(table.find(key(2)) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_limit_beyond_what_positions_can_number_is_cut)
{
    BOOST_TEST(ExchangeTable(1, 1'000'000).limit() == 65534U);
    BOOST_TEST(ExchangeTable(1, 65534).limit() == 65534U);
    ExchangeTable least(1, 0);
    BOOST_TEST(least.limit() == 1U);
    least.remember(key(1), at(1));
    least.remember(key(2), at(2));
    BOOST_TEST(least.find(key(1)) == nullptr);
    BOOST_TEST(least.find(key(2)) != nullptr);
}

BOOST_AUTO_TEST_CASE(it_does_not_grow_for_entries_that_nobody_answers_any_more)
{
    ExchangeTable table;
    for (std::uint32_t xid = 0; xid < 1000; ++xid) {
        table.remember(key(xid), at(static_cast<int>(xid) * 1000));
    }
    BOOST_TEST(table.size() == 64U);
    BOOST_TEST(table.find(key(999)) != nullptr);
    BOOST_TEST(table.find(key(936)) != nullptr);
    BOOST_TEST(table.find(key(935)) == nullptr);
}

BOOST_AUTO_TEST_CASE(it_agrees_with_a_plain_model_over_a_random_run)
{
    // The model: a map and a list of keys by age.
    constexpr std::size_t limit = 200;
    ExchangeTable table(99, limit);
    std::map<std::uint32_t, int> arrived;
    std::vector<std::uint32_t> by_age;
    std::mt19937 random(4242);
    std::uint64_t evicted = 0;
    for (int step = 0; step < 20000; ++step) {
        const auto xid = static_cast<std::uint32_t>(random() % 400);
        table.remember(key(xid), at(step / 100));
        if (arrived.contains(xid)) {
            by_age.erase(std::find(by_age.begin(), by_age.end(), xid));
        } else if (arrived.size() == limit) {
            arrived.erase(by_age.front());
            by_age.erase(by_age.begin());
            ++evicted;
        }
        arrived[xid] = step / 100;
        by_age.push_back(xid);
        const auto probe = static_cast<std::uint32_t>(random() % 400);
        const auto* found = table.find(key(probe));
        BOOST_REQUIRE((found != nullptr) == arrived.contains(probe));
        BOOST_REQUIRE((found == nullptr || found->arrived == at(arrived[probe]).arrived));
    }
    BOOST_TEST(table.evicted() == evicted);
    BOOST_TEST(evicted > 1000U);
    BOOST_TEST(table.size() == limit);
}

BOOST_AUTO_TEST_SUITE_END()
