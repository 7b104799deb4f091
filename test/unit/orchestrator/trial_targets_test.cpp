#include "orchestrator/trial_targets.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using keavrf::InterfaceIndex;
using keavrf::VrfName;
using keavrf::config::VrfSettings;
using keavrf::topology::Domain;
using keavrf::topology::Domains;
using keavrf::topology::PortSpec;

using Entry = std::shared_ptr<const VrfSettings>;

const Entry same = std::make_shared<VrfSettings>();
const Entry before = std::make_shared<VrfSettings>();
const Entry after = std::make_shared<VrfSettings>();

struct Part {
    std::string name;
    Entry entry;
    std::vector<int> ports;
};

Domains domains_of(const std::vector<Part>& parts)
{
    Domains domains;
    for (const auto& [name, entry, ports] : parts) {
        Domain domain;
        domain.name = VrfName(name);
        domain.settings = entry;
        for (const auto index : ports) {
            PortSpec port;
            port.index = InterfaceIndex(index);
            domain.ports.push_back(port);
        }
        domains.emplace(domain.name, domain);
    }
    return domains;
}

std::set<VrfName> names_of(const std::vector<std::string>& texts)
{
    std::set<VrfName> names;
    for (const auto& text : texts) {
        names.insert(VrfName(text));
    }
    return names;
}

struct Case {
    const char* what;
    std::vector<Part> in_force;
    std::vector<Part> on_trial;
    std::vector<std::string> tried;
    std::vector<Part> told;
};

const std::vector<Case> cases{
    {"who tries it goes by the new one, wherever its interfaces are by now",
     {{"a", before, {1}}},
     {{"a", after, {1, 2}}},
     {"a"},
     {{"a", after, {1, 2}}}},
    {"who has the same entry follows the host",
     {{"a", same, {1, 2}}},
     {{"a", same, {1, 2}}},
     {},
     {{"a", same, {1, 2}}}},
    {"who has the same entry goes by the new one in what another lets go of",
     {{"a", same, {1}}, {"b", before, {2}}},
     {{"a", same, {1, 2}}, {"b", after, {}}},
     {"b"},
     {{"a", same, {1, 2}}, {"b", after, {}}}},
    {"one that comes with another entry begins with the one in force",
     {{"a", before, {1}}},
     {{"a", after, {1}}},
     {},
     {{"a", before, {1}}}},
    {"one that comes with the same entry begins", {{"a", same, {1}}}, {{"a", same, {1}}}, {}, {{"a", same, {1}}}},
    {"one that the new configuration alone names waits", {}, {{"a", after, {1}}}, {}, {}},
    {"one that it leaves out stays, and follows the host", {{"a", before, {1, 2}}}, {}, {}, {{"a", before, {1, 2}}}},
    {"but for what has moved to one that is told of it",
     {{"a", before, {1, 2}}, {"b", before, {3}}},
     {{"b", after, {2, 3}}},
     {"b"},
     {{"a", before, {1}}, {"b", after, {2, 3}}}},
    {"and keeps what has moved to one that begins afterwards",
     {{"a", before, {1, 2}}},
     {{"b", after, {2}}},
     {},
     {{"a", before, {1, 2}}}},
    {"one whose VRF is gone from the host goes", {}, {}, {"a"}, {}},
    {"an interface that another wants in the new one is that one's",
     {{"a", same, {1, 2}}, {"b", before, {}}},
     {{"a", same, {1}}, {"b", after, {2}}},
     {"b"},
     {{"a", same, {1}}, {"b", after, {2}}}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(trial_targets)

BOOST_AUTO_TEST_CASE(only_who_tries_it_or_is_not_concerned_goes_by_the_new_configuration)
{
    for (const auto& [what, in_force, on_trial, tried, told] : cases) {
        BOOST_TEST_CONTEXT(what)
        {
            const auto targets =
                keavrf::orchestrator::trial_targets(domains_of(in_force), domains_of(on_trial), names_of(tried));
            BOOST_TEST((targets == domains_of(told)));
        }
    }
}

BOOST_AUTO_TEST_CASE(concerned_are_those_in_both_that_differ)
{
    const auto in_force = domains_of({{"a", same, {1}}, {"b", before, {2}}, {"c", before, {3}}, {"d", same, {4, 5}}});
    const auto on_trial = domains_of({{"a", same, {1}}, {"b", after, {2}}, {"d", same, {4}}, {"e", after, {5}}});
    BOOST_TEST((keavrf::orchestrator::concerned(in_force, on_trial) == names_of({"b", "d"})));
}

BOOST_AUTO_TEST_SUITE_END()
