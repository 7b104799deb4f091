#include "config/subnet_id.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace keavrf;
using config::derived_subnet_id;

BOOST_AUTO_TEST_SUITE(config_subnet_id)

BOOST_AUTO_TEST_CASE(puts_a_one_in_front_of_the_prefix)
{
    struct Case {
        const char* prefix;
        std::uint32_t id;
    };
    for (const auto& [prefix, id] :
         {Case{"0.0.0.0/0", 1}, Case{"0.0.0.0/1", 2}, Case{"128.0.0.0/1", 3}, Case{"10.0.0.0/8", 266},
          Case{"192.168.1.0/24", 29403137}, Case{"192.168.1.0/30", 1881800768}, Case{"192.168.1.0/31", 3763601536U},
          Case{"192.168.1.1/32", 3763601536U}, Case{"255.255.255.252/31", 4294967294U},
          Case{"255.255.255.254/31", 4294967294U}, Case{"255.255.255.255/32", 4294967294U}}) {
        BOOST_TEST(derived_subnet_id(*Ipv4Prefix::parse(prefix)) == id, prefix);
    }
}

BOOST_AUTO_TEST_CASE(no_two_prefixes_up_to_31_bits_share_an_id)
{
    std::set<std::uint32_t> ids;
    std::size_t count = 0;
    // Every prefix of up to 14 bits, and of longer ones the first, the last, and some between.
    for (unsigned length = 0; length <= 31; ++length) {
        const std::uint64_t all = std::uint64_t{1} << length;
        const std::uint64_t step = length <= 14 ? 1 : (all - 1) / 5000;
        for (std::uint64_t number = 0; number < all - (length == 31 ? 1 : 0); number += step) {
            const auto address = length == 0 ? 0U : static_cast<std::uint32_t>(number << (32U - length));
            const auto id = derived_subnet_id(Ipv4Prefix(Ipv4Address(address), length));
            BOOST_TEST_REQUIRE((id >= 1 && id <= config::max_subnet_id));
            ids.insert(id);
            ++count;
        }
    }
    BOOST_TEST(count > 100000U);
    BOOST_TEST(ids.size() == count);
}

BOOST_AUTO_TEST_SUITE_END()
