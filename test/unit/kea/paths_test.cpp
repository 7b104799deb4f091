#include "kea/environment.hpp"
#include "kea/paths.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace {

using keavrf::VrfName;
using keavrf::kea::dhcp4_paths;

} // namespace

BOOST_AUTO_TEST_SUITE(kea_paths)

BOOST_AUTO_TEST_CASE(everything_of_a_vrf_lies_in_three_folders_of_its_name_and_its_lock_beside)
{
    const auto paths = dhcp4_paths("/run/keavrfd", "/var/lib/keavrfd", "/var/log/keavrfd", VrfName("vrf-red"));
    BOOST_TEST(paths.configuration == "/run/keavrfd/vrf-red/kea-dhcp4.conf");
    BOOST_TEST(paths.control_socket == "/run/keavrfd/vrf-red/kea/kea-dhcp4.sock");
    BOOST_TEST(paths.lease_file == "/var/lib/keavrfd/vrf-red/kea-leases4.csv");
    BOOST_TEST(paths.lease_lock == "/var/lib/keavrfd/.locks/vrf-red");
    BOOST_TEST(paths.former_lock == "/var/lib/keavrfd/vrf-red/.keavrfd.lock");
    BOOST_TEST(paths.log_file == "/var/log/keavrfd/vrf-red/kea-dhcp4.log");
    BOOST_TEST(paths.output_file == "/var/log/keavrfd/vrf-red/kea-dhcp4.out");
}

BOOST_AUTO_TEST_CASE(no_name_leaves_its_folder)
{
    for (const auto* name : {"..", ".", "a*b", "a\"b", "a\\b", "%2e", "a%b"}) {
        const auto paths = dhcp4_paths("/run/k", "/var/lib/k", "/var/log/k", VrfName(name));
        BOOST_TEST_CONTEXT(name)
        {
            const auto component = paths.runtime_folder.substr(std::string("/run/k/").size());
            BOOST_TEST(component.find('/') == std::string::npos);
            BOOST_TEST(component != "..");
            BOOST_TEST(component != ".");
            BOOST_TEST(component.find('"') == std::string::npos);
        }
    }
    BOOST_TEST(dhcp4_paths("/r", "/s", "/l", VrfName("%2E")).state_folder !=
               dhcp4_paths("/r", "/s", "/l", VrfName(".")).state_folder);
}

BOOST_AUTO_TEST_CASE(later_kea_is_told_which_folders_are_its_own)
{
    const auto environment = keavrf::kea::kea_environment(dhcp4_paths("/r", "/s", "/l", VrfName("v")));
    for (const auto* entry : {"KEA_PIDFILE_DIR=/r/v/kea", "KEA_LOCKFILE_DIR=/r/v/kea",
                              "KEA_CONTROL_SOCKET_DIR=/r/v/kea", "KEA_DHCP_DATA_DIR=/s/v", "KEA_LOG_FILE_DIR=/l/v"}) {
        BOOST_TEST((std::find(environment.begin(), environment.end(), entry) != environment.end()), entry);
    }
}

BOOST_AUTO_TEST_SUITE_END()
