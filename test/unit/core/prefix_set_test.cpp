#include "core/prefix_set.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <vector>

namespace {

using namespace keavrf;

// Few addresses and many lengths, so that prefixes meet.
Ipv4Prefix any_prefix(std::mt19937& random)
{
    const auto address = std::uniform_int_distribution<std::uint32_t>(0, 63)(random) << 26U;
    const auto low = std::uniform_int_distribution<std::uint32_t>(0, 3)(random);
    return {Ipv4Address(address | low), std::uniform_int_distribution<unsigned>(0, 32)(random)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(prefix_set)

BOOST_AUTO_TEST_CASE(answers_as_looking_at_each_would)
{
    std::mt19937 random(1);
    unsigned covered = 0;
    unsigned overlapped = 0;
    constexpr unsigned rounds = 2000;
    for (unsigned round = 0; round < rounds; ++round) {
        PrefixSet set;
        std::vector<Ipv4Prefix> list;
        for (unsigned step = 0; step < 12; ++step) {
            const auto prefix = any_prefix(random);
            if (list.empty() || step % 3 != 2) {
                list.push_back(prefix);
                set.insert(prefix);
            } else {
                set.erase(list.front());
                list.erase(list.begin());
            }
            set.erase(Ipv4Prefix(Ipv4Address(1U << 20U), 30)); // never there
        }
        const auto asked = any_prefix(random);
        const bool covers = std::any_of(list.begin(), list.end(), [&](const Ipv4Prefix& one) {
            return one.length() <= asked.length() && one.contains(asked.network());
        });
        const bool overlaps =
            std::any_of(list.begin(), list.end(), [&](const Ipv4Prefix& one) { return one.overlaps(asked); });
        covered += covers ? 1 : 0;
        overlapped += overlaps ? 1 : 0;
        BOOST_TEST_REQUIRE(set.covers(asked) == covers, asked.str());
        BOOST_TEST_REQUIRE(set.overlaps(asked) == overlaps, asked.str());
    }
    BOOST_TEST((covered > rounds / 10 && covered < overlapped && overlapped < rounds), covered << " " << overlapped);
}

BOOST_AUTO_TEST_CASE(keeps_what_was_put_in_twice_and_taken_out_once)
{
    const auto prefix = Ipv4Prefix::parse("10.0.0.0/24").value();
    PrefixSet set;
    set.insert(prefix);
    set.insert(prefix);
    set.erase(prefix);
    BOOST_TEST(set.covers(Ipv4Address(0x0a000001)));
    set.erase(prefix);
    BOOST_TEST(!set.covers(Ipv4Address(0x0a000001)));
    BOOST_TEST(!set.overlaps(prefix));
}

BOOST_AUTO_TEST_CASE(finds_the_longest_prefix_of_two_addresses)
{
    struct Case {
        std::uint32_t one;
        std::uint32_t other;
        const char* expected;
    };
    const std::vector<Case> cases{{0x0a000001, 0x0a000001, "10.0.0.1/32"},
                                  {0x0a000001, 0x0a0000ff, "10.0.0.0/24"},
                                  {0x0a000001, 0x8a000001, "0.0.0.0/0"}};
    for (const auto& [one, other, expected] : cases) {
        BOOST_TEST(common_prefix(Ipv4Address(one), Ipv4Address(other)).str() == expected);
    }
}

BOOST_AUTO_TEST_SUITE_END()
