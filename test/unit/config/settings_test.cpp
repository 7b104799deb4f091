#include "config/names.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf::config::test;

namespace {

std::string found(const keavrf::config::Settings& settings, std::string_view name)
{
    const auto vrf = settings.find(name);
    return vrf ? vrf->pattern : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_settings)

BOOST_AUTO_TEST_CASE(an_exact_name_wins_over_globs_and_globs_count_in_file_order)
{
    const auto read = settings("vrfs:\n  \"t*\": {}\n  \"te*\": {}\n  test: {}\n  \"*\": {}\n");
    BOOST_TEST(found(read, "test") == "test");
    BOOST_TEST(found(read, "tent") == "t*");
    BOOST_TEST(found(read, "red") == "*");
}

BOOST_AUTO_TEST_CASE(nobody_serves_what_nothing_matches)
{
    const auto read = settings("vrfs:\n  red: {}\n  \"t*\": {}\n");
    BOOST_TEST(found(read, "blue").empty());
    BOOST_TEST(found(read, "redd").empty());
}

BOOST_AUTO_TEST_CASE(a_domain_without_a_device_is_no_vrf_and_keeps_its_name)
{
    const auto read = settings("vrfs:\n  lab: {device: none, interfaces: [br0]}\n  \"*\": {}\n");
    BOOST_TEST(found(read, "lab").empty());
    BOOST_TEST_REQUIRE(read.find_domain("lab"));
    BOOST_TEST(!read.find_domain("lab")->has_device);
    BOOST_TEST(!read.find_domain("red"));
    BOOST_TEST(found(read, "red") == "*");
}

BOOST_AUTO_TEST_CASE(a_backslash_makes_a_name_of_a_glob)
{
    const auto read = settings("vrfs:\n  'a\\*': {}\n");
    BOOST_TEST(found(read, "a*") == "a*");
    BOOST_TEST(found(read, "ab").empty());
    for (const auto* name : {"a*", "!x", "a[b", "a\\b", "a?", "plain"}) {
        BOOST_TEST(keavrf::config::unescape_glob(keavrf::config::escape_glob(name)) == name);
    }
}

BOOST_AUTO_TEST_CASE(subnets_are_automatic_unless_the_map_brings_some)
{
    const auto automatic = [](const std::string& dhcp4) {
        return settings("vrfs: {red: {dhcp4: " + dhcp4 + "}}\n").vrfs.at(0)->automatic_subnets();
    };
    BOOST_TEST(automatic("{}"));
    BOOST_TEST(automatic("{valid-lifetime: 60}"));
    BOOST_TEST(automatic("{subnet4: [], shared-networks: []}"));
    BOOST_TEST(!automatic("{subnet4: [{subnet: 10.0.0.0/8}]}"));
    BOOST_TEST(!automatic("{shared-networks: [{name: a, subnet4: []}]}"));
}

BOOST_AUTO_TEST_SUITE_END()
