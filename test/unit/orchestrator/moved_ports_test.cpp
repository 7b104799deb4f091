#include "orchestrator/moved_ports.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using keavrf::InterfaceIndex;
using keavrf::VrfName;
using keavrf::topology::Domain;
using keavrf::topology::Domains;
using keavrf::topology::PortSpec;
using Indexes = std::vector<int>;

Domain domain_of(const std::string& name, const Indexes& indexes)
{
    Domain domain;
    domain.name = VrfName(name);
    for (const auto index : indexes) {
        PortSpec port;
        port.index = InterfaceIndex(index);
        domain.ports.push_back(port);
    }
    return domain;
}

} // namespace

BOOST_AUTO_TEST_SUITE(moved_ports)

BOOST_AUTO_TEST_CASE(lets_go_of_what_another_wants_and_of_nothing_else)
{
    struct Case {
        Indexes had;
        std::map<std::string, Indexes> wanted;
        Indexes left;
    };
    const std::vector<Case> cases{
        {{3}, {{"v1", {1}}}, {3}},
        {{3}, {{"v1", {1, 3}}}, {}},
        {{3, 4, 5}, {{"v1", {1, 4}}, {"v2", {2}}}, {3, 5}},
        {{3, 4}, {{"v1", {4}}, {"v2", {3}}}, {}},
        {{3}, {}, {3}},
        {{}, {{"v1", {1}}}, {}},
        {{3}, {{"v3", {3}}, {"v1", {1}}}, {3}}, // its own
    };
    for (const auto& [had, wanted, left] : cases) {
        Domains domains;
        for (const auto& [name, indexes] : wanted) {
            domains.emplace(VrfName(name), domain_of(name, indexes));
        }
        auto ending = domain_of("v3", had);
        ending.table = 7;
        auto expected = domain_of("v3", left);
        expected.table = 7;
        BOOST_TEST((keavrf::orchestrator::without_moved_ports(ending, domains) == expected));
    }
}

BOOST_AUTO_TEST_SUITE_END()
