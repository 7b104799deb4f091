#include "instance/pair_state.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <functional>
#include <string>
#include <vector>

namespace {

using namespace keavrf;
using namespace keavrf::instance;
using topology::PairState;

const PairAddresses addresses = pair_addresses(Slot(5));
const InterfaceIndex here{40};
const InterfaceIndex there{2};

netlink::Link link(const std::string& name, InterfaceIndex index, InterfaceIndex peer, const LinkAddress& mac)
{
    netlink::Link made;
    made.name = name;
    made.index = index;
    made.peer = peer;
    made.peer_namespace = 0;
    made.address = mac;
    made.flags = IFF_UP | IFF_RUNNING;
    return made;
}

netlink::Address address(InterfaceIndex index, const netlink::IpAddress& own)
{
    netlink::Address made;
    made.index = index;
    made.address = own;
    return made;
}

netlink::Neighbour neighbour(InterfaceIndex index, const netlink::IpAddress& other, const LinkAddress& mac)
{
    netlink::Neighbour made;
    made.index = index;
    made.address = other;
    made.link_address = mac;
    made.state = NUD_PERMANENT;
    return made;
}

netlink::Route default_route(Ipv4Address gateway, InterfaceIndex output)
{
    netlink::Route route;
    route.destination = Ipv4Address();
    route.gateway = gateway;
    route.output = output;
    route.table = RT_TABLE_MAIN;
    route.type = RTN_UNICAST;
    return route;
}

struct Both {
    NamespacePicture hub;
    NamespacePicture kea;
};

// As it shall be, with IPv6.
Both in_order()
{
    Both both;
    const auto loopback = Ipv6Address::parse("::1").value();
    both.hub.links = {link("red", here, there, addresses.relay_mac)};
    both.hub.addresses = {address(InterfaceIndex(1), loopback), address(here, addresses.relay),
                          address(here, addresses.relay_v6)};
    both.hub.neighbours = {neighbour(here, addresses.kea, addresses.kea_mac),
                           neighbour(here, addresses.kea_v6, addresses.kea_mac)};
    both.kea.links = {link("kea0", there, here, addresses.kea_mac)};
    both.kea.addresses = {address(InterfaceIndex(1), loopback), address(there, addresses.kea),
                          address(there, addresses.kea_v6)};
    both.kea.neighbours = {neighbour(there, addresses.relay, addresses.relay_mac),
                           neighbour(there, addresses.relay_v6, addresses.relay_mac)};
    both.kea.routes = {default_route(addresses.relay, there)};
    return both;
}

PairFindings examine(const Both& both)
{
    return examine_pair(relay_end("red", addresses), both.hub, kea_end(addresses), both.kea);
}

struct Case {
    const char* name;
    std::function<void(Both&)> change;
    PairState state;
    std::string fault; // part of it
};

const std::vector<Case> cases{
    {"all in order", [](Both&) {}, PairState::ready, ""},
    {"nothing there", [](Both& both) { both = {}; }, PairState::absent, ""},
    {"the relay's end is gone", [](Both& both) { both.hub.links.clear(); }, PairState::broken, "one end"},
    {"Kea's end is gone", [](Both& both) { both.kea.links.clear(); }, PairState::broken, "one end"},
    {"Kea's end has another name", [](Both& both) { both.kea.links[0].name = "eth0"; }, PairState::broken, "one end"},
    {"the relay's end leads elsewhere", [](Both& both) { both.hub.links[0].peer = InterfaceIndex(9); },
     PairState::broken, "not those of one"},
    {"both ends in one namespace", [](Both& both) { both.kea.links[0].peer_namespace.reset(); }, PairState::broken,
     "not those of one"},
    {"of another slot", [](Both& both) { both.hub.links[0].address = addresses.kea_mac; }, PairState::broken,
     "hardware address"},
    {"the relay's end is down", [](Both& both) { both.hub.links[0].flags = 0; }, PairState::damaged, "red is down"},
    {"Kea's end is down", [](Both& both) { both.kea.links[0].flags = 0; }, PairState::damaged, "kea0 is down"},
    {"up and not running", [](Both& both) { both.kea.links[0].flags = IFF_UP; }, PairState::damaged, "does not run"},
    {"the relay has no address", [](Both& both) { both.hub.addresses.erase(both.hub.addresses.begin() + 1); },
     PairState::damaged, "red has lost its address 169.254.1.21"},
    {"Kea has no address", [](Both& both) { both.kea.addresses.erase(both.kea.addresses.begin() + 1); },
     PairState::damaged, "kea0 has lost its address 169.254.1.22"},
    {"the address is on another link", [](Both& both) { both.kea.addresses[1].index = InterfaceIndex(1); },
     PairState::damaged, "kea0 has lost its address"},
    {"Kea has no IPv6 address", [](Both& both) { both.kea.addresses.pop_back(); }, PairState::damaged,
     "kea0 has lost its address fe80::2"},
    {"there is no IPv6",
     [](Both& both) {
         std::erase_if(both.kea.addresses, [](const auto& one) { return one.v6() != nullptr; });
         both.kea.neighbours->pop_back();
     },
     PairState::ready, ""},
    {"the relay has lost a neighbour", [](Both& both) { both.hub.neighbours->erase(both.hub.neighbours->begin()); },
     PairState::damaged, "red has lost its neighbour entry for 169.254.1.22"},
    {"a neighbour that was learned is not enough",
     [](Both& both) { both.kea.neighbours->front().state = NUD_REACHABLE; }, PairState::damaged,
     "kea0 has lost its neighbour entry"},
    {"a neighbour with another hardware address",
     [](Both& both) { both.kea.neighbours->front().link_address = addresses.kea_mac; }, PairState::damaged,
     "kea0 has lost its neighbour entry"},
    {"neighbours that nobody looked at", [](Both& both) { both.hub.neighbours.reset(); }, PairState::ready, ""},
    {"Kea has no default route", [](Both& both) { both.kea.routes->clear(); }, PairState::damaged,
     "kea0 has lost its default route"},
    {"Kea's default route leads elsewhere", [](Both& both) { both.kea.routes->front().output = InterfaceIndex(7); },
     PairState::damaged, "kea0 has lost its default route"},
    {"a default route of another table", [](Both& both) { both.kea.routes->front().table = RT_TABLE_LOCAL; },
     PairState::damaged, "kea0 has lost its default route"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(instance_pair_state)

BOOST_AUTO_TEST_CASE(says_what_is_missing_and_whether_it_can_be_mended_in_place)
{
    for (const auto& one : cases) {
        auto both = in_order();
        one.change(both);
        const auto found = examine(both);
        BOOST_TEST((found.state == one.state), one.name << ": " << found.fault);
        BOOST_TEST(found.fault.empty() == one.fault.empty(), one.name << ": " << found.fault);
        BOOST_TEST(found.fault.find(one.fault) != std::string::npos, one.name << ": " << found.fault);
    }
}

BOOST_AUTO_TEST_CASE(tells_the_index_of_the_relays_end)
{
    BOOST_TEST((examine(in_order()).index == here));
    auto both = in_order();
    both.kea.links.clear();
    BOOST_TEST((examine(both).index == here));
    both.hub.links.clear();
    BOOST_TEST((examine(both).index == InterfaceIndex()));
}

BOOST_AUTO_TEST_CASE(knows_the_hubs_any_address_route)
{
    netlink::Route route;
    route.destination = Ipv4Address();
    route.table = RT_TABLE_MAIN;
    route.type = RTN_LOCAL;
    BOOST_TEST(has_any_address_route({route}));
    BOOST_TEST(!has_any_address_route({}));
    auto other = route;
    other.type = RTN_UNICAST;
    BOOST_TEST(!has_any_address_route({other}));
    other = route;
    other.prefix_length = 8;
    BOOST_TEST(!has_any_address_route({other}));
    other = route;
    other.table = RT_TABLE_LOCAL;
    BOOST_TEST(!has_any_address_route({other}));
    other = route;
    other.destination = Ipv6Address();
    BOOST_TEST(!has_any_address_route({other}));
}

BOOST_AUTO_TEST_CASE(an_end_with_an_mtu_too_small_for_ipv6_is_damaged_and_a_large_one_is_nobodys_concern)
{
    auto both = in_order();
    both.kea.links.front().mtu = 9000;
    BOOST_TEST((examine(both).state == PairState::ready));
    both.kea.links.front().mtu = 300;
    both.kea.addresses.pop_back(); // as the kernel does
    BOOST_TEST((examine(both).state == PairState::damaged));
    BOOST_TEST(examine(both).fault.find("MTU of 300") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_address_that_nobody_gave_it_damages_an_end_and_on_another_link_it_does_not)
{
    const auto giaddr = Ipv4Address::parse("10.1.0.1").value();
    auto both = in_order();
    both.hub.addresses.push_back(address(InterfaceIndex(99), giaddr));
    BOOST_TEST((examine(both).state == PairState::ready));
    both.kea.addresses.push_back(address(there, giaddr));
    BOOST_TEST((examine(both).state == PairState::damaged));
    BOOST_TEST(examine(both).fault.find("10.1.0.1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_what_somebody_put_into_a_table_that_the_hub_asks_is_in_the_way)
{
    netlink::Route any;
    any.destination = Ipv4Address();
    any.table = RT_TABLE_MAIN;
    any.type = RTN_LOCAL;
    any.protocol = RTPROT_BOOT;
    auto connected = any;
    connected.prefix_length = 30;
    connected.type = RTN_UNICAST;
    connected.protocol = RTPROT_KERNEL;
    auto hole = connected;
    hole.type = RTN_BLACKHOLE;
    hole.protocol = RTPROT_BOOT;
    auto elsewhere = hole;
    elsewhere.table = 7;
    auto own_address = connected;
    own_address.table = RT_TABLE_LOCAL;
    auto first_hole = hole;
    first_hole.table = RT_TABLE_LOCAL;
    const auto found = routes_in_the_way({any, connected, own_address, first_hole, hole, elsewhere});
    BOOST_TEST((found == std::vector{first_hole, hole}));
}

BOOST_AUTO_TEST_CASE(without_the_rules_for_local_and_main_no_route_counts)
{
    const netlink::Rule local{RT_TABLE_LOCAL, 0, FR_ACT_TO_TBL};
    const netlink::Rule main{RT_TABLE_MAIN, 32766, FR_ACT_TO_TBL};
    const netlink::Rule by_default{RT_TABLE_DEFAULT, 32767, FR_ACT_TO_TBL};
    BOOST_TEST(missing_rules({local, main, by_default}).empty());
    BOOST_TEST((missing_rules({local, by_default}) == std::vector{main}));
    BOOST_TEST((missing_rules({}) == std::vector{local, main}));
}

BOOST_AUTO_TEST_CASE(any_rule_but_those_of_the_kernel_is_in_the_way)
{
    const netlink::Rule local{RT_TABLE_LOCAL, 0, FR_ACT_TO_TBL};
    const netlink::Rule main{RT_TABLE_MAIN, 32766, FR_ACT_TO_TBL};
    const netlink::Rule by_default{RT_TABLE_DEFAULT, 32767, FR_ACT_TO_TBL};
    BOOST_TEST(rules_in_the_way({local, main, by_default}).empty());
    const netlink::Rule hole{0, 0, FR_ACT_BLACKHOLE};
    const netlink::Rule other_table{200, 100, FR_ACT_TO_TBL};
    BOOST_TEST((rules_in_the_way({hole, local, other_table, main}) == std::vector{hole, other_table}));
}

BOOST_AUTO_TEST_SUITE_END()
