#include "support/generator.hpp"
#include "topology/automatic_subnets.hpp"
#include "unit/topology/host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

namespace {

using namespace keavrf;
using namespace keavrf::topology;

struct PoolCase {
    std::string name;
    std::string prefix;
    std::vector<std::string> own;
    std::string pools;
};

std::ostream& operator<<(std::ostream& out, const PoolCase& one)
{
    return out << one.name;
}

std::string in_words(const std::vector<AddressRange>& pools)
{
    std::string text;
    for (const auto& pool : pools) {
        text += (text.empty() ? "" : " ") + pool.first.str() + "-" + pool.last.str();
    }
    return text;
}

std::vector<Ipv4Address> addresses(const std::vector<std::string>& texts)
{
    std::vector<Ipv4Address> parsed;
    parsed.reserve(texts.size());
    for (const auto& text : texts) {
        parsed.push_back(ip(text));
    }
    return parsed;
}

const std::vector<PoolCase> pool_cases{
    {"own address at the start", "10.0.0.0/24", {"10.0.0.1"}, "10.0.0.2-10.0.0.254"},
    {"own address at the end", "10.0.0.0/24", {"10.0.0.254"}, "10.0.0.1-10.0.0.253"},
    {"own address inside", "10.0.0.0/24", {"10.0.0.9"}, "10.0.0.1-10.0.0.8 10.0.0.10-10.0.0.254"},
    {"several, unsorted, doubled, some outside",
     "10.0.0.0/24",
     {"10.0.0.200", "10.0.0.1", "10.0.1.7", "10.0.0.200", "10.0.0.2", "9.255.255.255"},
     "10.0.0.3-10.0.0.199 10.0.0.201-10.0.0.254"},
    {"no own address", "10.0.0.0/29", {}, "10.0.0.1-10.0.0.6"},
    {"room for one", "10.0.0.0/30", {"10.0.0.2"}, "10.0.0.1-10.0.0.1"},
    {"no room", "10.0.0.0/30", {"10.0.0.1", "10.0.0.2"}, ""},
    {"point to point", "10.0.0.0/31", {"10.0.0.0"}, ""},
    {"host", "10.0.0.1/32", {"10.0.0.1"}, ""},
    {"own address is that of the network", "10.0.0.0/29", {"10.0.0.0"}, "10.0.0.1-10.0.0.6"},
    {"own address is that of broadcast", "10.0.0.0/29", {"10.0.0.7"}, "10.0.0.1-10.0.0.6"},
    {"huge", "10.0.0.0/8", {"10.1.2.3"}, "10.0.0.1-10.1.2.2 10.1.2.4-10.255.255.254"},
    {"at the end of all addresses", "255.255.255.248/29", {"255.255.255.254"}, "255.255.255.249-255.255.255.253"},
    {"everything", "0.0.0.0/0", {"10.0.0.1"}, "0.0.0.1-10.0.0.0 10.0.0.2-255.255.255.254"},
};

SubnetSource source(int index, std::string_view text)
{
    const auto made = address(index, text);
    return {InterfaceIndex{index},
            "eth" + std::to_string(index),
            {*made.v4(), Ipv4Prefix(*made.v4(), made.prefix_length), false}};
}

struct SubnetCase {
    std::string name;
    std::vector<SubnetSource> sources;
    std::string subnets; // prefix>router, and =shared network
    std::size_t warnings = 0;
};

std::ostream& operator<<(std::ostream& out, const SubnetCase& one)
{
    return out << one.name;
}

std::string in_words(const std::vector<AutomaticSubnet>& subnets)
{
    std::string text;
    for (const auto& subnet : subnets) {
        text += (text.empty() ? "" : " ") + subnet.prefix.str() + ">" + subnet.router.str() +
                (subnet.shared_network.empty() ? "" : "=" + subnet.shared_network);
    }
    return text;
}

const std::vector<SubnetCase> subnet_cases{
    {"nothing from nothing", {}, ""},
    {"one", {source(1, "10.0.0.1/24")}, "10.0.0.0/24>10.0.0.1"},
    {"sorted by prefix",
     {source(1, "10.9.0.1/24"), source(2, "10.0.0.1/24")},
     "10.0.0.0/24>10.0.0.1 10.9.0.0/24>10.9.0.1"},
    {"two on one interface are a shared network",
     {source(1, "10.9.0.1/24"), source(1, "10.0.0.1/24")},
     "10.0.0.0/24>10.0.0.1=eth1 10.9.0.0/24>10.9.0.1=eth1"},
    {"the same prefix on two interfaces counts once",
     {source(1, "10.0.0.1/24"), source(2, "10.0.0.2/24")},
     "10.0.0.0/24>10.0.0.1"},
    {"interfaces with a prefix in common are one link",
     {source(1, "10.0.0.1/24"), source(1, "10.1.0.1/24"), source(2, "10.1.0.2/24"), source(2, "10.2.0.1/24")},
     "10.0.0.0/24>10.0.0.1=eth1 10.1.0.0/24>10.1.0.1=eth1 10.2.0.0/24>10.2.0.1=eth1"},
    {"a third interface joins two links",
     {source(1, "10.0.0.1/24"), source(2, "10.2.0.1/24"), source(3, "10.0.0.3/24"), source(3, "10.2.0.3/24"),
      source(4, "10.4.0.1/24")},
     "10.0.0.0/24>10.0.0.1=eth1 10.2.0.0/24>10.2.0.1=eth1 10.4.0.0/24>10.4.0.1"},
    {"no room, no subnet",
     {source(1, "10.0.0.1/32"), source(2, "10.0.0.0/31"), source(3, "10.3.0.1/24")},
     "10.3.0.0/24>10.3.0.1"},
    {"what has no room makes no shared network",
     {source(1, "10.0.0.1/32"), source(1, "10.3.0.1/24")},
     "10.3.0.0/24>10.3.0.1"},
    {"link-local and loopback addresses give none", {source(1, "169.254.7.1/16"), source(2, "127.0.0.9/8")}, ""},
    {"an overlapping prefix is left out",
     {source(1, "10.0.0.1/16"), source(2, "10.0.3.1/24")},
     "10.0.0.0/16>10.0.0.1",
     1},
};

} // namespace

BOOST_AUTO_TEST_SUITE(automatic_subnets_and_pools)

BOOST_DATA_TEST_CASE(pools_are_as_the_table_says, boost::unit_test::data::make(pool_cases))
{
    BOOST_TEST(in_words(pools_of(*Ipv4Prefix::parse(sample.prefix), addresses(sample.own))) == sample.pools);
}

BOOST_AUTO_TEST_CASE(pools_hold_each_free_address_once_and_no_other)
{
    for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
        test::Generator random(seed);
        const Ipv4Prefix subnet(Ipv4Address(static_cast<std::uint32_t>(random.next())),
                                24 + static_cast<unsigned>(random.below(9)));
        std::vector<Ipv4Address> own;
        for (auto left = random.below(20); left > 0; --left) {
            own.emplace_back(subnet.network().value() + static_cast<std::uint32_t>(random.below(260)));
        }
        std::set<std::uint32_t> free;
        for (std::uint64_t at = subnet.network().value() + std::uint64_t{1}; at < subnet.last().value(); ++at) {
            free.insert(static_cast<std::uint32_t>(at));
        }
        for (const auto one : own) {
            free.erase(one.value());
        }
        std::vector<std::uint32_t> pooled;
        for (const auto& pool : pools_of(subnet, own)) {
            for (std::uint64_t at = pool.first.value(); at <= pool.last.value(); ++at) {
                pooled.push_back(static_cast<std::uint32_t>(at));
            }
        }
        BOOST_TEST_REQUIRE(pooled == std::vector<std::uint32_t>(free.begin(), free.end()), subnet.str()
                                                                                               << ", seed " << seed);
    }
}

BOOST_DATA_TEST_CASE(subnets_are_as_the_table_says, boost::unit_test::data::make(subnet_cases))
{
    std::vector<Ipv4Address> own;
    for (const auto& one : sample.sources) {
        own.push_back(one.address.address);
    }
    const auto made = automatic_subnets(sample.sources, own);
    BOOST_TEST(in_words(made.subnets) == sample.subnets);
    BOOST_TEST(made.warnings.size() == sample.warnings);
}

BOOST_AUTO_TEST_CASE(subnets_hold_no_address_of_the_host_whichever_interface_has_it)
{
    const auto made = automatic_subnets({source(1, "10.0.0.1/29")}, addresses({"10.0.0.1", "10.0.0.4"}));
    BOOST_TEST_REQUIRE(made.subnets.size() == 1U);
    BOOST_TEST(in_words(made.subnets.front().pools) == "10.0.0.2-10.0.0.3 10.0.0.5-10.0.0.6");
}

BOOST_AUTO_TEST_CASE(the_warning_names_both_prefixes)
{
    const auto made = automatic_subnets({source(1, "10.0.0.1/16"), source(2, "10.0.3.1/24")}, {});
    BOOST_TEST_REQUIRE(made.warnings.size() == 1U);
    BOOST_TEST(made.warnings.front() == "interface eth2: no automatic subnet for 10.0.3.0/24: it overlaps 10.0.0.0/16");
}

BOOST_AUTO_TEST_SUITE_END()
