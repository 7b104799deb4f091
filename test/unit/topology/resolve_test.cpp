#include "unit/topology/resolve_lab.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf;
using namespace keavrf::topology;
using namespace keavrf::topology::resolve_lab;

BOOST_AUTO_TEST_SUITE(resolve_domains)

BOOST_AUTO_TEST_CASE(serves_every_vrf_that_a_glob_takes_in)
{
    const auto domains = domains_of(settings({entry("*")}), host());
    BOOST_TEST(names_in_words(domains) == "blue red");
    const auto& red = domains.at(VrfName("red"));
    BOOST_TEST(red.device.value() == 2);
    BOOST_TEST(red.table == 1001U);
    BOOST_TEST(red.settings->pattern == "*");
    BOOST_TEST(ports_in_words(red) == "eth1=10.0.0.1 eth2=10.2.0.1");
    BOOST_TEST(subnets_in_words(red) == "10.0.0.0/24 10.2.0.0/24");
    BOOST_TEST(red.warnings.empty());
    BOOST_TEST(own_in_words(red) == "10.0.0.1 10.2.0.1");
    const auto& blue = domains.at(VrfName("blue"));
    BOOST_TEST(ports_in_words(blue) == "br0=10.0.0.1");
    BOOST_TEST(subnets_in_words(blue) == "10.0.0.0/24");
}

BOOST_AUTO_TEST_CASE(knows_only_the_vrfs_that_the_configuration_asks_for)
{
    BOOST_TEST(names_in_words(domains_of(settings({}), host())).empty());
    BOOST_TEST(names_in_words(domains_of(settings({entry("r*")}), host())) == "red");
    BOOST_TEST(names_in_words(domains_of(settings({entry("red")}), host())) == "red");
}

BOOST_AUTO_TEST_CASE(waits_for_a_device_that_is_named_and_not_there)
{
    const auto domains = domains_of(settings({entry("green"), entry("g*")}), host());
    BOOST_TEST(names_in_words(domains) == "green(no VRF device of that name)");
    const auto& green = domains.at(VrfName("green"));
    BOOST_TEST(green.device.value() == 0);
    BOOST_TEST(green.ports.empty());
    BOOST_TEST(green.warnings.empty());
}

BOOST_AUTO_TEST_CASE(waits_when_there_is_no_client_interface)
{
    Network network;
    network.replace({vrf_device(2, "red", 1001)}, {});
    BOOST_TEST(domain_of(entry("*"), network).waiting_for == "no client interface");
}

BOOST_AUTO_TEST_CASE(waits_when_no_address_gives_a_subnet)
{
    Network network;
    network.replace({vrf_device(2, "red", 1001), a_link(4, "eth1", 2)}, {address(4, "10.0.0.1/32")});
    const auto red = domain_of(entry("*"), network);
    BOOST_TEST(red.waiting_for == "no usable subnet");
    BOOST_TEST(ports_in_words(red) == "eth1=10.0.0.1");
    BOOST_TEST(domain_of(with_subnets(entry("*")), network).waiting_for.empty());
}

BOOST_AUTO_TEST_CASE(refuses_the_name_that_the_hub_has)
{
    Network network;
    network.replace({vrf_device(2, "hub", 1001), a_link(4, "eth1", 2)}, {address(4, "10.0.0.1/24")});
    const auto hub = domain_of(entry("*"), network, "hub");
    BOOST_TEST(hub.waiting_for == "the name `hub` is that of keavrfd's own namespace");
    BOOST_TEST(hub.ports.empty());
}

BOOST_AUTO_TEST_CASE(leaves_subnets_to_the_configuration_that_brings_its_own)
{
    const auto red = domain_of(with_subnets(entry("red")), host());
    BOOST_TEST(red.servable());
    BOOST_TEST(red.subnets.empty());
    BOOST_TEST(ports_in_words(red) == "eth1=10.0.0.1 eth2=10.2.0.1");
}

BOOST_AUTO_TEST_CASE(keeps_the_port_of_an_interface_that_is_down)
{
    auto network = host();
    auto eth1 = *network.link("eth1");
    eth1.flags = 0;
    network.apply(LinkChanged{eth1});
    BOOST_TEST(ports_in_words(domain_of(entry("red"), network)) == "eth1=10.0.0.1 eth2=10.2.0.1");
}

BOOST_AUTO_TEST_CASE(says_of_a_port_what_the_kernel_says_of_the_interface)
{
    auto network = host();
    auto eth1 = *network.link("eth1");
    eth1.mtu = 9000;
    eth1.address = *LinkAddress::parse("02:00:00:00:00:44");
    network.apply(LinkChanged{eth1});
    network.apply(AddressChanged{address(4, "10.0.0.2/24", IFA_F_SECONDARY)});
    const auto port = domain_of(entry("red"), network).ports.at(0);
    BOOST_TEST(port.mtu == 9000U);
    BOOST_TEST(port.hardware_address.str() == "02:00:00:00:00:44");
    BOOST_TEST_REQUIRE(port.addresses.size() == 2U);
    BOOST_TEST(port.addresses.at(1).secondary);
    BOOST_TEST(port.relay.circuit_id == "${interface}");
}

BOOST_AUTO_TEST_CASE(takes_an_order_that_does_not_depend_on_events)
{
    auto network = host();
    const auto before = domains_of(settings({entry("*")}), network);
    const auto eth1 = *network.link("eth1");
    network.apply(LinkRemoved{InterfaceIndex{4}, "eth1"});
    network.apply(LinkChanged{eth1});
    network.apply(AddressChanged{address(4, "10.0.0.1/24")});
    BOOST_TEST(
        (domains_of(settings({entry("*")}), network).at(VrfName("red")).subnets == before.at(VrfName("red")).subnets));
    BOOST_TEST(
        (domains_of(settings({entry("*")}), network).at(VrfName("red")).ports == before.at(VrfName("red")).ports));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(resolve_domains_without_device)

BOOST_AUTO_TEST_CASE(serves_interfaces_outside_of_all_vrfs)
{
    const auto lab = domain_of(without_device(entry_with("lab", {"eth8"})), host(), "lab");
    BOOST_TEST(lab.servable());
    BOOST_TEST(lab.device.value() == 0);
    BOOST_TEST(ports_in_words(lab) == "eth8=192.168.8.1");
    BOOST_TEST(subnets_in_words(lab) == "192.168.8.0/24");
    BOOST_TEST(own_in_words(lab) == "127.0.0.1 192.168.8.1 192.168.9.1");
    const auto glob = domain_of(without_device(entry_with("lab", {"*"})), host(), "lab");
    BOOST_TEST(ports_in_words(glob) == "eth8=192.168.8.1 eth9=192.168.9.1");
}

BOOST_AUTO_TEST_CASE(says_why_a_named_interface_cannot_be_served)
{
    const auto lab = domain_of(
        without_device(entry_with("lab", {"eth1", "eth3", "red", "lo", "eth77", "eth8=10.0.0.1"})), host(), "lab");
    BOOST_TEST(lab.waiting_for == "no client interface");
    BOOST_TEST(warnings_in_words(lab) ==
               "interface eth1 is a member of VRF red, and the domain is one with `device: none`\n"
               "interface eth3 is enslaved to br0, which hears its packets (name that one instead)\n"
               "interface red is a VRF device, and the domain is one with `device: none`\n"
               "interface lo is the loopback interface, where no client can be\n"
               "interface eth77 does not exist\n"
               "interface eth8 waits: its giaddr 10.0.0.1 is not an address of this host (ip addr add "
               "10.0.0.1/LENGTH dev eth8)\n");
}

BOOST_AUTO_TEST_CASE(does_not_take_all_of_the_host_for_automatic)
{
    const auto lab = domain_of(without_device(entry("lab")), host(), "lab");
    BOOST_TEST(lab.waiting_for == "no client interface");
    BOOST_TEST(lab.warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(gives_an_interface_to_the_domain_that_names_it_exactly)
{
    const auto domains = domains_of(
        settings({without_device(entry_with("a", {"eth*"})), without_device(entry_with("z", {"eth9"}))}), host());
    BOOST_TEST(ports_in_words(domains.at(VrfName("a"))) == "eth8=192.168.8.1");
    BOOST_TEST(ports_in_words(domains.at(VrfName("z"))) == "eth9=192.168.9.1");
    BOOST_TEST(warnings_in_words(domains.at(VrfName("a"))) ==
               "interface eth9 is served by z, which names it exactly\n");
    BOOST_TEST(domains.at(VrfName("z")).warnings.empty());
}

BOOST_AUTO_TEST_CASE(gives_an_interface_to_the_first_of_equals)
{
    const auto domains =
        domains_of(settings({without_device(entry_with("z", {"eth9"})), without_device(entry_with("a", {"eth9"})),
                             without_device(entry_with("m", {"eth*"}))}),
                   host());
    BOOST_TEST(ports_in_words(domains.at(VrfName("z"))) == "eth9=192.168.9.1");
    BOOST_TEST(warnings_in_words(domains.at(VrfName("a"))) ==
               "interface eth9 is served by z, which comes first in the configuration\n");
    BOOST_TEST(ports_in_words(domains.at(VrfName("m"))) == "eth8=192.168.8.1");
}

BOOST_AUTO_TEST_CASE(keeps_its_name_before_a_vrf_device_that_a_glob_would_serve)
{
    const auto domains = domains_of(settings({entry("*"), without_device(entry_with("red", {"eth8"}))}), host());
    BOOST_TEST(names_in_words(domains) == "blue red");
    BOOST_TEST(ports_in_words(domains.at(VrfName("red"))) == "eth8=192.168.8.1");
}

BOOST_AUTO_TEST_SUITE_END()
