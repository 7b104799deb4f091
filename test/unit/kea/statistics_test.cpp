#include "kea/statistics.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using keavrf::kea::assigned_addresses;

BOOST_AUTO_TEST_SUITE(kea_statistics)

BOOST_AUTO_TEST_CASE(leases_are_the_sum_over_subnets)
{
    struct Case {
        std::string reply;
        std::optional<std::uint64_t> leases;
    };
    const std::vector<Case> cases{
        {R"({"result": 0, "arguments": {"subnet[1].assigned-addresses": [[3, "t"], [2, "t"]],
             "subnet[16777217].assigned-addresses": [[4, "t"]], "subnet[1].declined-addresses": [[9, "t"]],
             "pkt4-received": [[8, "t"]]}})",
         7},
        {R"([{"result": 0, "arguments": {"subnet[1].assigned-addresses": [[1, "t"]]}}])", 1},
        // Later Kea counts for each pool, too.
        {R"({"result": 0, "arguments": {"subnet[1].assigned-addresses": [[2, "t"]],
             "subnet[1].pool[0].assigned-addresses": [[2, "t"]]}})",
         2},
        {R"({"result": 0, "arguments": {"subnet[1].cumulative-assigned-addresses": [[5, "t"]]}})", 0},
        {R"({"result": 0, "arguments": {"subnet[1].assigned-addresses": [[-1, "t"]]}})", 0},
        {R"({"result": 0, "arguments": {"subnet[1].assigned-addresses": "many", "subnet[": 1, "": []}})", 0},
        {R"({"result": 0, "arguments": {}})", 0},
        {R"({"result": 1, "text": "no"})", std::nullopt},
        {R"({"result": 0})", std::nullopt},
        {R"("nonsense")", std::nullopt},
    };
    for (const auto& [reply, leases] : cases) {
        BOOST_TEST((assigned_addresses(boost::json::parse(reply)) == leases), reply);
    }
}

BOOST_AUTO_TEST_SUITE_END()
