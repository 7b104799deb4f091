#include "config/cli_map.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf::config;
using Lines = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(config_cli_map)

BOOST_AUTO_TEST_CASE(makes_an_entry_for_each_vrf_named)
{
    const Lines arguments{"eth1:vrf-red:192.168.1.10", "eth2:vrf-blue", "eth3.100:vrf-red"};
    const auto result = settings_from_map(arguments);
    BOOST_TEST_REQUIRE(result.settings.has_value());
    BOOST_TEST(result.errors.empty());
    const auto& vrfs = result.settings->vrfs;
    BOOST_TEST_REQUIRE(vrfs.size() == 2U);
    const auto& red = *vrfs[0];
    BOOST_TEST(red.pattern == "vrf-red");
    BOOST_TEST(!red.glob);
    BOOST_TEST(red.has_device);
    BOOST_TEST(!red.automatic_interfaces);
    BOOST_TEST(red.automatic_subnets());
    BOOST_TEST_REQUIRE(red.interfaces.size() == 2U);
    BOOST_TEST(red.interfaces[0].pattern == "eth1");
    BOOST_TEST(red.interfaces[0].giaddr->str() == "192.168.1.10");
    BOOST_TEST(red.interfaces[1].pattern == "eth3.100");
    BOOST_TEST(!red.interfaces[1].giaddr.has_value());
    BOOST_TEST(vrfs[1]->pattern == "vrf-blue");
    BOOST_TEST(result.settings->runtime_dir == Settings{}.runtime_dir);
    BOOST_TEST(result.settings->find("vrf-red") == vrfs[0]);
}

BOOST_AUTO_TEST_CASE(tells_what_is_wrong_with_each_argument)
{
    const std::string form = ": must be INTERFACE:VRF or INTERFACE:VRF:GIADDR, such as eth1:vrf-red:192.168.1.1";
    struct Case {
        Lines arguments;
        Lines errors;
    };
    const std::vector<Case> cases{
        {{}, {"-m is missing (such as -m eth1:vrf-red:192.168.1.1)"}},
        {{"eth1"}, {"-m eth1" + form}},
        {{""}, {"-m \"\"" + form}},
        {{"a:b:10.0.0.1:c"}, {"-m a:b:10.0.0.1:c" + form}},
        {{":red"},
         {"-m :red: the interface name \"\" is no interface name (1 to 15 bytes without /, :, % and white space)"}},
        {{"eth1:"},
         {"-m eth1:: the VRF name \"\" is no interface name (1 to 15 bytes without /, :, % and white space)"}},
        {{"eth1:hub"},
         {"-m eth1:hub: the VRF name \"hub\" cannot be served: that name is taken by keavrfd's hub namespace (rename "
          "the VRF)"}},
        {{"eth*:red"}, {"-m \"eth*:red\": the interface name \"eth*\" is a glob (globs need a file: -c FILE)"}},
        {{"eth1:*"}, {"-m \"eth1:*\": the VRF name \"*\" is a glob (globs need a file: -c FILE)"}},
        {{"red:red"}, {"-m red:red: \"red\" is the VRF device itself (name its member interfaces)"}},
        {{"eth1:red:10.0.0"}, {"-m eth1:red:10.0.0: the giaddr \"10.0.0\" is no IPv4 address (such as 192.168.1.1)"}},
        {{"eth1:red:"}, {"-m eth1:red:: the giaddr \"\" is no IPv4 address (such as 192.168.1.1)"}},
        {{"eth1:red:127.0.0.1"},
         {"-m eth1:red:127.0.0.1: the giaddr \"127.0.0.1\" is a loopback address (give an address of this interface)"}},
        {{"eth1:red", "eth1:red"}, {"-m eth1:red: the interface \"eth1\" is given twice"}},
        {{"eth1:red", "eth1:blue"},
         {"-m eth1:blue: the interface \"eth1\" is given to the VRF \"red\" already; an interface is in one VRF only"}},
        {{"x", "a-name-of-16-byt:red:1"},
         {"-m x" + form,
          "-m a-name-of-16-byt:red:1: the interface name \"a-name-of-16-byt\" is no interface name: it has "
          "16 bytes (15 at most)",
          "-m a-name-of-16-byt:red:1: the giaddr \"1\" is no IPv4 address (such as 192.168.1.1)"}},
    };
    for (const auto& [arguments, expected] : cases) {
        const auto result = settings_from_map(arguments);
        BOOST_TEST(!result.settings.has_value());
        BOOST_TEST(result.errors == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()
