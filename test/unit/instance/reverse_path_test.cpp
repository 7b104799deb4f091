#include "instance/reverse_path.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf;
using instance::reverse_path_warning;

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

BOOST_AUTO_TEST_CASE(warns_of_subnets_that_are_on_no_link_where_the_kernel_filters)
{
    topology::Domain domain;
    domain.ports = {port("eth1", {"192.168.1.0/24"}), port("eth2", {"10.0.0.0/8"}), port("eth3", {})};
    struct Case {
        unsigned mode;
        std::vector<Ipv4Prefix> subnets;
        std::string expected; // part of it; empty: no warning
    };
    const std::vector<Case> cases{
        {1, {prefix("192.168.1.0/24"), prefix("10.7.0.0/16")}, ""},
        {1, {prefix("192.168.1.0/24"), prefix("172.16.0.0/24")}, "172.16.0.0/24"},
        {2, {prefix("172.16.0.0/24")}, "rp_filter is 2"},
        {0, {prefix("172.16.0.0/24")}, ""},
        {1, {prefix("192.168.0.0/16")}, "192.168.0.0/16"}, // wider than the link
        {1, {}, ""},
    };
    for (const auto& one : cases) {
        const auto warning = reverse_path_warning(one.mode, domain, domain.ports[2], one.subnets);
        BOOST_TEST(warning.empty() == one.expected.empty(), warning);
        BOOST_TEST(warning.find(one.expected) != std::string::npos, warning);
    }
    const auto strict = reverse_path_warning(1, domain, domain.ports[0], {prefix("172.16.0.0/24")});
    BOOST_TEST(strict.find("eth1") != std::string::npos);
    BOOST_TEST(strict.find("by this interface") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
