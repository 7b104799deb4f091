#include "instance/rendering.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using keavrf::VrfName;
using keavrf::instance::is_for_leases_of;

BOOST_AUTO_TEST_SUITE(instance_rendering)

BOOST_AUTO_TEST_CASE(a_configuration_for_the_leases_of_another_state_dir_is_told_from_one_for_these)
{
    const auto paths = keavrf::kea::dhcp4_paths("/run/keavrfd", "/var/lib/keavrfd", "/var/log/keavrfd", VrfName("red"));
    const std::vector<std::pair<std::string, bool>> cases{
        {R"({"Dhcp4":{"lease-database":{"type":"memfile","name":"/var/lib/keavrfd/red/kea-leases4.csv"}}})", true},
        {R"({"Dhcp4":{"lease-database":{"type":"memfile","name":"/run/st/red/kea-leases4.csv"}}})", false},
        {R"({"Dhcp4":{"lease-database":{"type":"memfile","persist":false}}})", true},
        {R"({"Dhcp4":{"lease-database":{"type":"postgresql","name":"kea"}}})", true},
        {R"({"Dhcp4":{}})", true},
        {R"({"Dhcp4":[]})", false},
        {"{}", false},
        {"", false}};
    for (const auto& [text, good] : cases) {
        BOOST_TEST(is_for_leases_of(text, paths) == good, text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
