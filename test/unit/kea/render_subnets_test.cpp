#include "render_input.hpp"

namespace {

using namespace keavrf::kea;
using keavrf::Ipv4Address;
using keavrf::Ipv4Prefix;
using keavrf::test::render_input;
using keavrf::test::rendered;
using keavrf::test::value_at;
using keavrf::test::value_of;

Ipv4Address address(const char* text)
{
    return Ipv4Address::parse(text).value();
}

Subnet subnet(const char* prefix, const char* first, const char* last, const char* router, const char* network = "")
{
    return {Ipv4Prefix::parse(prefix).value(), {{address(first), address(last)}}, address(router), network};
}

} // namespace

BOOST_AUTO_TEST_SUITE(kea_render_subnets)

BOOST_AUTO_TEST_CASE(an_automatic_subnet_has_pool_router_and_id_and_is_authoritative)
{
    auto input = render_input();
    input.subnets = {subnet("192.168.1.0/24", "192.168.1.1", "192.168.1.9", "192.168.1.10")};
    input.subnets[0].pools.emplace_back(address("192.168.1.11"), address("192.168.1.254"));
    BOOST_TEST(value_of(rendered(input), "subnet4") ==
               R"([{"authoritative":true,"id":29403137,"option-data":[{"data":"192.168.1.10","name":"routers"}],)"
               R"("pools":[{"pool":"192.168.1.1 - 192.168.1.9"},{"pool":"192.168.1.11 - 192.168.1.254"}],)"
               R"("subnet":"192.168.1.0/24"}])");
}

BOOST_AUTO_TEST_CASE(subnets_of_one_interface_form_a_shared_network)
{
    auto input = render_input();
    input.subnets = {subnet("10.1.0.0/24", "10.1.0.2", "10.1.0.254", "10.1.0.1", "eth1"),
                     subnet("10.2.0.0/24", "10.2.0.2", "10.2.0.254", "10.2.0.1"),
                     subnet("10.3.0.0/24", "10.3.0.2", "10.3.0.254", "10.3.0.1", "eth1")};
    const auto dhcp4 = rendered(input);
    BOOST_TEST(value_at(dhcp4, "/subnet4/0/subnet") == R"("10.2.0.0/24")");
    BOOST_TEST(value_at(dhcp4, "/subnet4/1") == "absent");
    BOOST_TEST(value_at(dhcp4, "/shared-networks/0/name") == R"("eth1")");
    BOOST_TEST(value_at(dhcp4, "/shared-networks/0/subnet4/0/subnet") == R"("10.1.0.0/24")");
    BOOST_TEST(value_at(dhcp4, "/shared-networks/0/subnet4/1/subnet") == R"("10.3.0.0/24")");
    BOOST_TEST(value_at(dhcp4, "/shared-networks/1") == "absent");
}

BOOST_AUTO_TEST_CASE(the_users_own_subnets_leave_no_room_for_automatic_ones)
{
    const char* users[] = {R"({"subnet4": [{"subnet": "10.0.0.0/8"}]})",
                           R"({"shared-networks": [{"name": "n", "subnet4": [{"subnet": "10.0.0.0/8"}]}]})"};
    for (const auto* user : users) {
        auto input = render_input(user);
        input.subnets = {subnet("192.168.1.0/24", "192.168.1.1", "192.168.1.9", "192.168.1.10")};
        const auto text = to_text(render_dhcp4(input).value());
        BOOST_TEST(text.find("192.168.1") == std::string::npos);
        BOOST_TEST(text.find("10.0.0.0/8") != std::string::npos);
    }
    // Empty lists are no subnets.
    auto input = render_input(R"({"subnet4": [], "shared-networks": []})");
    input.subnets = {subnet("192.168.1.0/24", "192.168.1.1", "192.168.1.9", "192.168.1.10")};
    BOOST_TEST(value_at(rendered(input), "/subnet4/0/subnet") == R"("192.168.1.0/24")");
}

BOOST_AUTO_TEST_CASE(the_users_word_on_authority_counts_for_automatic_subnets_too)
{
    auto input = render_input(R"({"authoritative": false})");
    input.subnets = {subnet("10.1.0.0/24", "10.1.0.2", "10.1.0.254", "10.1.0.1", "eth1")};
    const auto dhcp4 = rendered(input);
    BOOST_TEST(value_at(dhcp4, "/shared-networks/0/authoritative") == "false");
    BOOST_TEST(value_at(dhcp4, "/shared-networks/0/subnet4/0/authoritative") == "false");
}

BOOST_AUTO_TEST_CASE(an_explicit_id_is_kept)
{
    const auto dhcp4 = rendered(render_input(
        R"({"subnet4": [{"subnet": "10.0.0.0/8", "id": 7}, {"subnet": "11.0.0.0/8", "id": 4294967294}]})"));
    BOOST_TEST(value_at(dhcp4, "/subnet4/0/id") == "7");
    BOOST_TEST(value_at(dhcp4, "/subnet4/1/id") == "4294967294");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_numbered_is_refused_with_the_reason)
{
    struct Case {
        const char* user;
        const char* message;
    };
    const Case cases[] = {
        {R"({"subnet4": [{"subnet": "10.0.0.0/8"}, {"subnet": "192.168.0.0/16", "id": 266}]})",
         "subnets 10.0.0.0/8 and 192.168.0.0/16 both have the id 266 (give one of them another id)"},
        {R"({"subnet4": [{"subnet": "10.0.0.0/8", "id": 1}],
             "shared-networks": [{"name": "n", "subnet4": [{"subnet": "11.0.0.0/8", "id": 1}]}]})",
         "subnets 10.0.0.0/8 and 11.0.0.0/8 both have the id 1 (give one of them another id)"},
        {R"({"subnet4": [{"subnet": "10.0.0.0/32"}, {"subnet": "10.0.0.1/32"}]})",
         "subnets 10.0.0.0/32 and 10.0.0.1/32 both have the id 2231369728 (give one of them another id)"},
        {R"({"subnet4": [{"pools": []}]})", R"(a subnet without "subnet" (its prefix, as in 192.168.1.0/24))"},
        {R"({"subnet4": [{"subnet": "10.0.0.0"}]})", "subnet 10.0.0.0 is no IPv4 prefix (as in 192.168.1.0/24)"},
        {R"({"subnet4": [{"subnet": "10.0.0.0/8", "id": 0}]})",
         "subnet 10.0.0.0/8 has no valid id (a number from 1 to 4294967294)"},
        {R"({"subnet4": [{"subnet": "10.0.0.0/8", "id": 4294967295}]})",
         "subnet 10.0.0.0/8 has no valid id (a number from 1 to 4294967294)"},
        {R"({"subnet4": [{"subnet": "10.0.0.0/8", "id": "1"}]})",
         "subnet 10.0.0.0/8 has no valid id (a number from 1 to 4294967294)"},
        {R"({"subnet4": {"subnet": "10.0.0.0/8"}})", "subnet4 is not a list"},
        {R"({"subnet4": ["10.0.0.0/8"]})", "an entry of subnet4 is not a map"},
        {R"({"shared-networks": ["n"]})", "an entry of shared-networks is not a map"},
    };
    for (const auto& [user, message] : cases) {
        BOOST_TEST_CONTEXT(user)
        {
            const auto result = render_dhcp4(render_input(user));
            BOOST_REQUIRE(result.has_error());
            BOOST_TEST(result.error().message() == message);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
