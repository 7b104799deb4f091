#include "instance/reverse_path.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf;
using instance::reverse_path_warning;
using instance::subnet_off_link;

Ipv4Prefix prefix(const char* text)
{
    return Ipv4Prefix::parse(text).value();
}

topology::PortSpec port(const std::string& name, const std::vector<const char*>& links)
{
    topology::PortSpec spec;
    spec.name = name;
    for (const auto* link : links) {
        topology::InterfaceAddress own;
        own.prefix = prefix(link);
        spec.addresses.push_back(own);
    }
    return spec;
}

} // namespace

BOOST_AUTO_TEST_SUITE(instance_reverse_path)

BOOST_AUTO_TEST_CASE(finds_the_subnet_that_is_on_no_link)
{
    topology::Domain domain;
    domain.ports = {port("eth1", {"192.168.1.0/24"}), port("eth2", {"10.0.0.0/8"}), port("eth3", {})};
    struct Case {
        std::vector<Ipv4Prefix> subnets;
        std::string expected; // empty: none
    };
    const std::vector<Case> cases{
        {{prefix("192.168.1.0/24"), prefix("10.7.0.0/16")}, ""},
        {{prefix("192.168.1.0/24"), prefix("172.16.0.0/24"), prefix("172.17.0.0/24")}, "172.16.0.0/24"},
        {{prefix("192.168.0.0/16")}, "192.168.0.0/16"}, // wider than the link
        {{}, ""},
    };
    for (const auto& [subnets, expected] : cases) {
        const auto found = subnet_off_link(domain, subnets);
        BOOST_TEST((found ? found->str() : std::string()) == expected);
    }
}

BOOST_AUTO_TEST_CASE(names_the_port_the_mode_and_the_subnet)
{
    const auto strict = reverse_path_warning(1, "eth1", prefix("172.16.0.0/24"));
    for (const auto* part : {"port eth1", "rp_filter is 1", "172.16.0.0/24", "by this interface"}) {
        BOOST_TEST(strict.find(part) != std::string::npos, strict);
    }
    const auto loose = reverse_path_warning(2, "eth1", prefix("172.16.0.0/24"));
    BOOST_TEST(loose.find("rp_filter is 2") != std::string::npos, loose);
    BOOST_TEST(loose.find("by this interface") == std::string::npos, loose);
}

BOOST_AUTO_TEST_CASE(remembers_none_that_is_no_port_any_more)
{
    topology::Domain domain;
    domain.ports = {port("eth1", {}), port("eth2", {})};
    domain.ports[0].index = InterfaceIndex(4);
    domain.ports[1].index = InterfaceIndex(5);
    std::set<InterfaceIndex> warned{InterfaceIndex(3), InterfaceIndex(5), InterfaceIndex(6)};
    instance::keep_ports(warned, domain);
    BOOST_TEST((warned == std::set<InterfaceIndex>{InterfaceIndex(5)}));
}

BOOST_AUTO_TEST_SUITE_END()
