#include "topology/network.hpp"
#include "topology/resolve.hpp"
#include "unit/topology/host.hpp"

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace keavrf;
using namespace keavrf::topology;
using namespace std::chrono_literals;
using netlink::AddressChanged;
using netlink::AddressRemoved;
using netlink::LinkChanged;
using netlink::LinkRemoved;

const TimePoint start{1000s};

using Entry = std::shared_ptr<config::VrfSettings>;

Entry entry(std::string pattern)
{
    auto made = std::make_shared<config::VrfSettings>();
    made->glob = pattern.find('*') != std::string::npos;
    made->pattern = std::move(pattern);
    return made;
}

// Interfaces by name or glob; "eth1=10.0.0.9" has a giaddr, "!eth1" is an exclusion.
Entry entry_with(std::string pattern, const std::vector<std::string>& interfaces)
{
    auto made = entry(std::move(pattern));
    made->automatic_interfaces = false;
    for (const auto& text : interfaces) {
        if (text.front() == '!') {
            made->excluded_interfaces.push_back(text.substr(1));
            continue;
        }
        config::InterfaceSettings interface;
        const auto equals = text.find('=');
        interface.pattern = text.substr(0, equals);
        interface.relay.circuit_id = "named";
        if (equals != std::string::npos) {
            interface.giaddr = ip(text.substr(equals + 1));
        }
        made->interfaces.push_back(interface);
    }
    return made;
}

Entry without_device(Entry made)
{
    made->has_device = false;
    return made;
}

Entry with_subnets(Entry made)
{
    made->dhcp4["subnet4"] = boost::json::array{boost::json::object{}};
    return made;
}

config::Settings settings(std::vector<Entry> entries)
{
    config::Settings made;
    made.vrfs.assign(entries.begin(), entries.end());
    return made;
}

// red: eth1 (4) 10.0.0.1/24, eth2 (5) 10.2.0.1/24; blue: br0 (6), whose port is eth3 (7); outside: eth8, eth9.
Network host()
{
    Network network;
    network.replace({loopback(), vrf_device(2, "red", 1001), vrf_device(3, "blue", 1002), a_link(4, "eth1", 2),
                     a_link(5, "eth2", 2), a_link(6, "br0", 3, "bridge"), a_link(7, "eth3", 6), a_link(8, "eth8"),
                     a_link(9, "eth9")},
                    {address(1, "127.0.0.1/8", 0, RT_SCOPE_HOST), address(4, "10.0.0.1/24"), address(5, "10.2.0.1/24"),
                     address(6, "10.0.0.1/24"), address(8, "192.168.8.1/24"), address(9, "192.168.9.1/24")});
    return network;
}

Domains domains_of(const config::Settings& config, const Network& network)
{
    return resolve(config, network, {}, start).domains;
}

Domain domain_of(const Entry& one, const Network& network, const char* name = "red")
{
    return domains_of(settings({one}), network).at(VrfName(name));
}

std::string ports_in_words(const Domain& domain)
{
    std::string text;
    for (const auto& port : domain.ports) {
        text += (text.empty() ? "" : " ") + port.name + (port.giaddr ? "=" + port.giaddr->str() : "");
    }
    return text;
}

std::string subnets_in_words(const Domain& domain)
{
    std::string text;
    for (const auto& subnet : domain.subnets) {
        text += (text.empty() ? "" : " ") + subnet.prefix.str();
    }
    return text;
}

std::string own_in_words(const Domain& domain)
{
    std::string text;
    for (const auto address : domain.own_addresses) {
        text += (text.empty() ? "" : " ") + address.str();
    }
    return text;
}

std::string warnings_in_words(const Domain& domain)
{
    std::string text;
    for (const auto& warning : domain.warnings) {
        text += warning + "\n";
    }
    return text;
}

std::string names_in_words(const Domains& domains)
{
    std::string text;
    for (const auto& [name, domain] : domains) {
        text += (text.empty() ? "" : " ") + name.str() + (domain.servable() ? "" : "(" + domain.waiting_for + ")");
    }
    return text;
}

} // namespace

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
