#include "unit/topology/resolve_lab.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf;
using namespace keavrf::topology;
using namespace keavrf::topology::resolve_lab;

BOOST_AUTO_TEST_SUITE(resolve_flaps)

BOOST_AUTO_TEST_CASE(keeps_a_subnet_for_half_a_minute_after_its_address_went)
{
    auto network = host();
    const auto config = settings({entry("red")});
    const auto before = resolve(config, network, {}, start);
    BOOST_TEST(!before.deadline.has_value());
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    const auto gone = resolve(config, network, before.memory, start + 10s);
    BOOST_TEST((gone.domains.at(VrfName("red")).subnets == before.domains.at(VrfName("red")).subnets));
    BOOST_TEST(ports_in_words(gone.domains.at(VrfName("red"))) == "eth1 eth2=10.2.0.1");
    BOOST_TEST_REQUIRE(gone.deadline.has_value());
    BOOST_TEST((*gone.deadline == start + 40s));
    const auto still = resolve(config, network, gone.memory, start + 39s);
    BOOST_TEST((still.domains.at(VrfName("red")).subnets == before.domains.at(VrfName("red")).subnets));
    BOOST_TEST((still.deadline == gone.deadline));
    const auto over = resolve(config, network, still.memory, *still.deadline);
    BOOST_TEST(subnets_in_words(over.domains.at(VrfName("red"))) == "10.2.0.0/24");
    BOOST_TEST(!over.deadline.has_value());
}

BOOST_AUTO_TEST_CASE(ends_the_wait_when_the_address_is_back)
{
    auto network = host();
    const auto config = settings({entry("red")});
    const auto before = resolve(config, network, {}, start);
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    const auto gone = resolve(config, network, before.memory, start + 10s);
    network.apply(AddressChanged{address(4, "10.0.0.1/24")});
    const auto back = resolve(config, network, gone.memory, start + 20s);
    BOOST_TEST((back.domains == before.domains));
    BOOST_TEST((back.memory == before.memory));
    BOOST_TEST(!back.deadline.has_value());
}

BOOST_AUTO_TEST_CASE(drops_the_old_subnet_at_once_when_a_new_address_takes_its_place)
{
    const auto config = settings({entry("red")});
    for (const bool at_once : {true, false}) {
        auto network = host();
        auto before = resolve(config, network, {}, start);
        network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
        if (!at_once) {
            before = resolve(config, network, before.memory, start + 1s);
        }
        network.apply(AddressChanged{address(4, "10.7.0.1/24")});
        const auto changed = resolve(config, network, before.memory, start + 2s);
        BOOST_TEST(subnets_in_words(changed.domains.at(VrfName("red"))) == "10.2.0.0/24 10.7.0.0/24");
        BOOST_TEST(!changed.deadline.has_value());
    }
}

BOOST_AUTO_TEST_CASE(keeps_a_shared_network_together_through_a_flap)
{
    auto network = host();
    network.apply(AddressChanged{address(4, "10.1.0.1/24")});
    const auto config = settings({entry("red")});
    const auto before = resolve(config, network, {}, start);
    BOOST_TEST(before.domains.at(VrfName("red")).subnets.at(0).shared_network == "eth1");
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    const auto gone = resolve(config, network, before.memory, start + 1s);
    BOOST_TEST((gone.domains.at(VrfName("red")).subnets == before.domains.at(VrfName("red")).subnets));
}

BOOST_AUTO_TEST_CASE(keeps_the_subnet_of_an_interface_that_left_but_not_of_one_that_was_taken_out)
{
    auto network = host();
    const auto before = resolve(settings({entry("red")}), network, {}, start);
    const auto taken_out = resolve(settings({entry_with("red", {"eth2"})}), network, before.memory, start + 1s);
    BOOST_TEST(subnets_in_words(taken_out.domains.at(VrfName("red"))) == "10.2.0.0/24");
    BOOST_TEST(!taken_out.deadline.has_value());
    network.apply(LinkRemoved{InterfaceIndex{4}, "eth1"});
    const auto left = resolve(settings({entry("red")}), network, before.memory, start + 1s);
    BOOST_TEST(subnets_in_words(left.domains.at(VrfName("red"))) == "10.0.0.0/24 10.2.0.0/24");
    BOOST_TEST(ports_in_words(left.domains.at(VrfName("red"))) == "eth2=10.2.0.1");
}

BOOST_AUTO_TEST_CASE(gives_way_at_once_to_a_prefix_that_overlaps)
{
    auto network = host();
    const auto config = settings({entry("red")});
    const auto before = resolve(config, network, {}, start);
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    network.apply(AddressChanged{address(4, "10.0.0.1/23")});
    const auto after = resolve(config, network, before.memory, start + 1s);
    BOOST_TEST(subnets_in_words(after.domains.at(VrfName("red"))) == "10.0.0.0/23 10.2.0.0/24");
    BOOST_TEST(after.domains.at(VrfName("red")).warnings.empty());
}

BOOST_AUTO_TEST_CASE(takes_the_new_address_of_a_subnet_as_router_at_once)
{
    auto network = host();
    const auto config = settings({entry("red")});
    const auto before = resolve(config, network, {}, start);
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    network.apply(AddressChanged{address(4, "10.0.0.7/24")});
    const auto after = resolve(config, network, before.memory, start + 1s);
    const auto& subnet = after.domains.at(VrfName("red")).subnets.at(0);
    BOOST_TEST(subnet.router.str() == "10.0.0.7");
    // The old address may come back: no client gets it meanwhile.
    BOOST_TEST(subnet.pools.front().first.str() == "10.0.0.2");
    const auto later = resolve(config, network, after.memory, start + 31s);
    BOOST_TEST(later.domains.at(VrfName("red")).subnets.at(0).pools.front().first.str() == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(keeps_a_port_whose_configured_giaddr_flaps_and_lets_it_wait_afterwards)
{
    auto network = host();
    const auto config = settings({entry_with("red", {"eth1=10.0.0.1"})});
    const auto before = resolve(config, network, {}, start);
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    const auto gone = resolve(config, network, before.memory, start + 1s);
    const auto& red = gone.domains.at(VrfName("red"));
    BOOST_TEST(red.servable());
    BOOST_TEST(ports_in_words(red) == "eth1");
    BOOST_TEST(red.warnings.size() == 1U);
    const auto later = resolve(config, network, gone.memory, start + 31s);
    BOOST_TEST(later.domains.at(VrfName("red")).waiting_for == "no client interface");
    BOOST_TEST(later.memory.empty());
    BOOST_TEST(!later.deadline.has_value());
}

BOOST_AUTO_TEST_CASE(forgets_a_vrf_that_is_gone)
{
    auto network = host();
    const auto config = settings({entry("red")});
    const auto before = resolve(config, network, {}, start);
    network.apply(LinkRemoved{InterfaceIndex{2}, "red"});
    const auto gone = resolve(config, network, before.memory, start + 1s);
    BOOST_TEST(!gone.domains.at(VrfName("red")).servable());
    BOOST_TEST(gone.domains.at(VrfName("red")).subnets.empty());
}

BOOST_AUTO_TEST_SUITE_END()
