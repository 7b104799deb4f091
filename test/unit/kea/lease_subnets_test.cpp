#include "kea/lease_file.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(lease_subnets)

BOOST_AUTO_TEST_CASE(are_those_of_keas_configuration_that_have_an_id)
{
    struct Case {
        const char* configuration;
        std::map<std::uint32_t, std::string> expected;
    };
    const std::vector<Case> cases{
        {"", {}},
        {"no JSON", {}},
        {"[]", {}},
        {R"({"Dhcp6": {"subnet4": [{"id": 1, "subnet": "10.0.0.0/24"}]}})", {}},
        {R"({"Dhcp4": []})", {}},
        {R"({"Dhcp4": {"subnet4": {"id": 1, "subnet": "10.0.0.0/24"}}})", {}},
        {R"({"Dhcp4": {"subnet4": [{"id": 1, "subnet": "10.0.0.0/24"}, {"id": 4294967295, "subnet": "10.0.1.0/24"}]}})",
         {{1, "10.0.0.0/24"}, {4294967295, "10.0.1.0/24"}}},
        {R"({"Dhcp4": {"shared-networks": [{"subnet4": [{"id": 3, "subnet": "10.3.0.0/16"}]}, {}, 7,
                                           {"subnet4": [{"id": 4, "subnet": "10.4.0.0/16"}]}],
                       "subnet4": [{"id": 1, "subnet": "10.0.0.0/24"}]}})",
         {{1, "10.0.0.0/24"}, {3, "10.3.0.0/16"}, {4, "10.4.0.0/16"}}},
        // What cannot be used is left out, and nothing else with it.
        {R"({"Dhcp4": {"subnet4": [7, {"id": -1, "subnet": "10.9.0.0/24"}, {"id": 4294967296, "subnet": "10.9.1.0/24"},
                                   {"id": "2", "subnet": "10.9.2.0/24"}, {"subnet": "10.9.3.0/24"}, {"id": 5},
                                   {"id": 6, "subnet": 6}, {"id": 7, "subnet": "nowhere"},
                                   {"id": 8, "subnet": "10.8.0.0/24"}]}})",
         {{8, "10.8.0.0/24"}}},
    };
    for (const auto& [configuration, expected] : cases) {
        std::map<std::uint32_t, std::string> found;
        for (const auto& [id, prefix] : keavrf::kea::lease_subnets(configuration)) {
            found[id] = prefix.str();
        }
        BOOST_TEST((found == expected), configuration);
    }
}

BOOST_AUTO_TEST_SUITE_END()
