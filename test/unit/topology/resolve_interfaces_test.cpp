#include "unit/topology/resolve_lab.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf;
using namespace keavrf::topology;
using namespace keavrf::topology::resolve_lab;

BOOST_AUTO_TEST_SUITE(resolve_interfaces)

BOOST_AUTO_TEST_CASE(takes_what_is_named_or_matched_and_not_excluded)
{
    struct Case {
        std::vector<std::string> interfaces;
        std::string ports;
    };
    for (const auto& [interfaces, ports] :
         {Case{{"eth1"}, "eth1=10.0.0.1"}, Case{{"eth*"}, "eth1=10.0.0.1 eth2=10.2.0.1"},
          Case{{"eth*", "!eth1"}, "eth2=10.2.0.1"}, Case{{"eth1", "!eth*"}, ""},
          Case{{"et?2", "vlan*"}, "eth2=10.2.0.1"}, Case{{"!eth2"}, ""}}) {
        const auto red = domain_of(entry_with("red", interfaces), host());
        BOOST_TEST(ports_in_words(red) == ports);
        BOOST_TEST(warnings_in_words(red).empty());
    }
    auto all_but_one = entry("red");
    all_but_one->excluded_interfaces = {"eth2"};
    BOOST_TEST(ports_in_words(domain_of(all_but_one, host())) == "eth1=10.0.0.1");
}

BOOST_AUTO_TEST_CASE(takes_the_settings_of_the_first_entry_that_matches)
{
    auto one = entry_with("red", {"eth1", "eth*"});
    one->interfaces.at(0).relay.trusted = true;
    one->interfaces.at(1).relay.max_hops = 3;
    const auto red = domain_of(one, host());
    BOOST_TEST(red.ports.at(0).relay.trusted);
    BOOST_TEST(red.ports.at(0).relay.max_hops == 16U);
    BOOST_TEST(red.ports.at(1).relay.max_hops == 3U);
}

BOOST_AUTO_TEST_CASE(matches_a_name_that_looks_like_a_glob)
{
    auto network = host();
    network.apply(LinkChanged{a_link(4, "a[1]", 2)});
    BOOST_TEST(ports_in_words(domain_of(entry_with("red", {"a[1]"}), network)) == "a[1]=10.0.0.1");
}

BOOST_AUTO_TEST_CASE(says_which_named_interface_is_not_there)
{
    const auto red = domain_of(entry_with("red", {"eth1", "eth8", "eth77", "br0"}), host());
    BOOST_TEST(ports_in_words(red) == "eth1=10.0.0.1");
    BOOST_TEST(warnings_in_words(red) == "interface eth8 is not a member of VRF red (ip link set eth8 master red)\n"
                                         "interface eth77 does not exist\n"
                                         "interface br0 is not a member of VRF red (ip link set br0 master red)\n");
}

BOOST_AUTO_TEST_CASE(follows_a_rename_where_automatic_and_lets_go_where_named)
{
    auto network = host();
    const auto before = domain_of(entry("red"), network);
    auto eth1 = *network.link("eth1");
    eth1.name = "lan0";
    network.apply(LinkChanged{eth1});
    const auto after = domain_of(entry("red"), network);
    BOOST_TEST(ports_in_words(after) == "lan0=10.0.0.1 eth2=10.2.0.1");
    BOOST_TEST(fingerprint(before, before.ports.at(0)) == fingerprint(after, after.ports.at(0)));
    const auto named = domain_of(entry_with("red", {"eth1"}), network);
    BOOST_TEST(named.waiting_for == "no client interface");
    BOOST_TEST(warnings_in_words(named) == "interface eth1 does not exist\n");
}

BOOST_AUTO_TEST_CASE(moves_the_port_of_an_interface_that_changes_its_vrf)
{
    auto network = host();
    auto eth2 = *network.link("eth2");
    eth2.master = InterfaceIndex{3};
    network.apply(LinkChanged{eth2});
    const auto domains = domains_of(settings({entry("*")}), network);
    BOOST_TEST(ports_in_words(domains.at(VrfName("red"))) == "eth1=10.0.0.1");
    BOOST_TEST(ports_in_words(domains.at(VrfName("blue"))) == "eth2=10.2.0.1 br0=10.0.0.1");
}

BOOST_AUTO_TEST_CASE(changes_the_fingerprint_with_the_index_and_the_device_alone)
{
    Domain red;
    red.device = InterfaceIndex{2};
    PortSpec port;
    port.index = InterfaceIndex{4};
    const auto before = fingerprint(red, port);
    auto changed = port;
    changed.name = "lan0";
    changed.mtu = 9000;
    changed.giaddr = ip("10.0.0.1");
    changed.hardware_address = *LinkAddress::parse("02:00:00:00:00:44");
    changed.relay.trusted = true;
    BOOST_TEST(fingerprint(red, changed) == before);
    changed.index = InterfaceIndex{5};
    BOOST_TEST(fingerprint(red, changed) != before);
    red.device = InterfaceIndex{22};
    BOOST_TEST(fingerprint(red, port) != before);
}

BOOST_AUTO_TEST_CASE(gives_the_plan_what_it_compares)
{
    const auto red = domain_of(entry("red"), host());
    const auto desired = desired_instance(red, "hash");
    BOOST_TEST(desired.serve);
    BOOST_TEST(desired.configuration_hash == "hash");
    BOOST_TEST_REQUIRE(desired.ports.size() == 2U);
    BOOST_TEST(desired.ports.at(InterfaceIndex{4}).name == "eth1");
    BOOST_TEST(desired.ports.at(InterfaceIndex{4}).fingerprint == fingerprint(red, red.ports.at(0)));
    BOOST_TEST((desired_instance(domain_of(entry("green"), host(), "green"), "hash") == DesiredInstance{}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(resolve_giaddr)

BOOST_AUTO_TEST_CASE(takes_the_first_global_primary_address)
{
    auto network = host();
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    network.apply(AddressChanged{address(4, "169.254.3.1/16")});
    network.apply(AddressChanged{address(4, "10.8.0.1/24", 0, RT_SCOPE_LINK)});
    network.apply(AddressChanged{address(4, "10.7.0.2/24", IFA_F_SECONDARY)});
    network.apply(AddressChanged{address(4, "10.7.0.1/24")});
    network.apply(AddressChanged{address(4, "10.6.0.1/24")});
    const auto red = domain_of(entry_with("red", {"eth1"}), network);
    BOOST_TEST(ports_in_words(red) == "eth1=10.7.0.1");
    BOOST_TEST(subnets_in_words(red) == "10.6.0.0/24 10.7.0.0/24");
    BOOST_TEST(red.own_addresses.size() == 6U); // eth2's too, and whatever scope
}

BOOST_AUTO_TEST_CASE(follows_an_address_that_changes)
{
    auto network = host();
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    network.apply(AddressChanged{address(4, "10.0.5.1/24")});
    const auto red = domain_of(entry_with("red", {"eth1"}), network);
    BOOST_TEST(ports_in_words(red) == "eth1=10.0.5.1");
    BOOST_TEST(subnets_in_words(red) == "10.0.5.0/24");
}

BOOST_AUTO_TEST_CASE(keeps_a_port_without_address_and_says_so)
{
    auto network = host();
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    const auto red = domain_of(entry("red"), network);
    BOOST_TEST(ports_in_words(red) == "eth1 eth2=10.2.0.1");
    BOOST_TEST(warnings_in_words(red) == "interface eth1 has no IPv4 address: clients on it cannot be served (give it "
                                         "one, or a giaddr of another interface)\n");
}

BOOST_AUTO_TEST_CASE(takes_a_configured_address_wherever_in_the_vrf_it_is)
{
    auto network = host();
    network.apply(AddressRemoved{address(4, "10.0.0.1/24")});
    network.apply(AddressChanged{address(2, "10.50.0.1/24")}); // on the VRF device itself
    BOOST_TEST(ports_in_words(domain_of(entry_with("red", {"eth1=10.2.0.1"}), network)) == "eth1=10.2.0.1");
    const auto red = domain_of(entry_with("red", {"eth1=10.50.0.1"}), network);
    BOOST_TEST(ports_in_words(red) == "eth1=10.50.0.1");
    BOOST_TEST(subnets_in_words(red) == "10.50.0.0/24");
    BOOST_TEST(red.subnets.at(0).router.str() == "10.50.0.1");
    BOOST_TEST(red.servable());
}

BOOST_AUTO_TEST_CASE(warns_of_a_giaddr_that_is_on_another_link_than_the_interfaces_addresses)
{
    const auto red = domain_of(entry_with("red", {"eth1=10.2.0.1"}), host());
    BOOST_TEST(ports_in_words(red) == "eth1=10.2.0.1");
    BOOST_TEST(warnings_in_words(red) ==
               "interface eth1 has the giaddr 10.2.0.1, which is in no prefix of its own addresses: its clients get "
               "addresses of that subnet, and 10.0.0.1 as their server (take one of its own addresses as giaddr, or "
               "remove them: ip addr del 10.0.0.1/LENGTH dev eth1)\n");

    auto network = host();
    network.apply(AddressChanged{address(4, "10.2.0.9/24")});
    BOOST_TEST(warnings_in_words(domain_of(entry_with("red", {"eth1=10.2.0.1"}), network)) == "");
}

BOOST_AUTO_TEST_CASE(takes_a_configured_secondary_address)
{
    auto network = host();
    network.apply(AddressChanged{address(4, "10.0.0.9/24", IFA_F_SECONDARY)});
    const auto red = domain_of(entry_with("red", {"eth1=10.0.0.9"}), network);
    BOOST_TEST(ports_in_words(red) == "eth1=10.0.0.9");
    BOOST_TEST(subnets_in_words(red) == "10.0.0.0/24");
}

BOOST_AUTO_TEST_CASE(waits_for_a_configured_address_that_the_vrf_does_not_have)
{
    // 192.168.8.1 is an address of the host, but not of this VRF.
    const auto red = domain_of(entry_with("red", {"eth1=192.168.8.1", "eth2"}), host());
    BOOST_TEST(ports_in_words(red) == "eth2=10.2.0.1");
    BOOST_TEST(subnets_in_words(red) == "10.2.0.0/24");
    BOOST_TEST(warnings_in_words(red) ==
               "interface eth1 waits: its giaddr 192.168.8.1 is not an address of VRF red (ip "
               "addr add 192.168.8.1/LENGTH dev eth1)\n");
}

BOOST_AUTO_TEST_CASE(a_domain_without_a_device_finds_by_name_what_a_glob_would_find)
{
    auto network = host();
    network.apply(LinkChanged{a_link(10, "a*")});
    network.apply(LinkChanged{a_link(11, "a[1]")});
    const auto ports = [&network](const std::vector<std::string>& interfaces) {
        return ports_in_words(domain_of(without_device(entry_with("lab", interfaces)), network, "lab"));
    };
    BOOST_TEST(ports({"eth9", "eth8"}) == "eth8=192.168.8.1 eth9=192.168.9.1");
    BOOST_TEST(ports({"eth9", "eth8", "!eth8"}) == "eth9=192.168.9.1");
    BOOST_TEST(ports({"eth1", "lo", "red", "eth3", "missing"}).empty());
    BOOST_TEST(ports({"a\\*", "eth8"}) == "eth8=192.168.8.1 a*");
    BOOST_TEST(ports({"a[1]"}) == "a[1]");
}

BOOST_AUTO_TEST_CASE(only_warnings_that_were_not_there_before_are_news)
{
    using Texts = std::vector<std::string>;
    BOOST_TEST(news_among({"c", "a", "b"}, {"b", "x"}) == (Texts{"c", "a"}), boost::test_tools::per_element());
    BOOST_TEST(news_among({"a"}, {"a"}).empty());
    BOOST_TEST(news_among({}, {"a"}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
