#include "topology/departures.hpp"
#include "unit/topology/resolve_lab.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf;
using namespace keavrf::topology;
using namespace keavrf::topology::resolve_lab;

namespace {

// What the ports of a domain are, after what has happened: "eth1: it is gone".
std::string in_words(const std::vector<PortVerdict>& verdicts, const Domains& domains)
{
    std::string text;
    for (const auto& [vrf, index, departed] : verdicts) {
        const auto* port = find_port(domains.at(vrf), index);
        text += (text.empty() ? "" : "; ") + vrf.str() + " " + (port == nullptr ? "?" : port->name) + ": " +
                (departed.empty() ? "here" : departed);
    }
    return text;
}

config::Settings two_tenants()
{
    return settings(
        {entry("*"), without_device(entry_with("lab", {"eth8"})), without_device(entry_with("shop", {"e*9"}))});
}

} // namespace

BOOST_AUTO_TEST_SUITE(departures)

BOOST_AUTO_TEST_CASE(tells_of_each_event_which_port_is_its_domains_no_longer)
{
    struct Case {
        const char* what;
        netlink::Event event;
        InterfaceIndex changed;
        std::string verdicts;
    };
    auto down = a_link(4, "eth1", 2);
    down.flags = 0;
    const std::vector<Case> cases{
        {"another master", LinkChanged{a_link(4, "eth1", 3)}, InterfaceIndex(4), "red eth1: it is in VRF blue now"},
        {"no master", LinkChanged{a_link(4, "eth1")}, InterfaceIndex(4), "red eth1: it is in no VRF any more"},
        {"behind a bridge", LinkChanged{a_link(4, "eth1", 6)}, InterfaceIndex(4),
         "red eth1: it is enslaved to br0 now"},
        {"gone, or in another namespace", LinkRemoved{InterfaceIndex(4), "eth1"}, InterfaceIndex(4),
         "red eth1: it is gone"},
        {"renamed", LinkChanged{a_link(4, "eth7", 2)}, InterfaceIndex(4), "red eth1: here"},
        {"down", LinkChanged{down}, InterfaceIndex(4), "red eth1: here"},
        {"an interface of nobody", LinkChanged{a_link(7, "eth3", 2)}, InterfaceIndex(7), ""},
        {"the VRF is gone", LinkRemoved{InterfaceIndex(2), "red"}, InterfaceIndex(2),
         "red eth1: VRF red is gone; red eth2: VRF red is gone"},
        {"the VRF is renamed", LinkChanged{vrf_device(2, "green", 1001)}, InterfaceIndex(2),
         "red eth1: VRF red is called green now; red eth2: VRF red is called green now"},
        {"the VRF is something else", LinkChanged{a_link(2, "red")}, InterfaceIndex(2),
         "red eth1: VRF red is gone; red eth2: VRF red is gone"},
        {"without a VRF, into one", LinkChanged{a_link(8, "eth8", 3)}, InterfaceIndex(8),
         "lab eth8: it is in VRF blue now"},
        {"without a VRF, renamed", LinkChanged{a_link(9, "eth09")}, InterfaceIndex(9),
         "shop eth9: it is called eth09 now"},
        {"without a VRF, gone", LinkRemoved{InterfaceIndex(9), "eth9"}, InterfaceIndex(9), "shop eth9: it is gone"},
    };
    for (const auto& [what, event, changed, verdicts] : cases) {
        auto network = host();
        const auto config = two_tenants();
        const auto domains = domains_of(config, network);
        network.apply(event);
        PortOwners owners;
        BOOST_TEST(in_words(owners.judge(network, domains, changed), domains) == verdicts, what);
    }
}

BOOST_AUTO_TEST_CASE(a_member_that_is_renamed_stays_where_its_new_name_is_chosen_too)
{
    struct Case {
        std::vector<std::string> interfaces;
        std::string departed;
    };
    for (const auto& [interfaces, departed] : {Case{{"eth1"}, "it is called eth7 now"}, Case{{"eth1", "eth7"}, ""},
                                               Case{{"eth*"}, ""}, Case{{"eth*", "!eth7"}, "it is called eth7 now"}}) {
        auto network = host();
        const auto red = domain_of(entry_with("red", interfaces), network);
        network.apply(LinkChanged{a_link(4, "eth7", 2)});
        BOOST_TEST(why_departed(network, red, red.ports.at(0)) == departed);
    }
}

BOOST_AUTO_TEST_CASE(follows_the_domains_it_is_told_of)
{
    auto network = host();
    const auto config = settings({entry("*")});
    auto domains = domains_of(config, network);
    PortOwners owners;
    BOOST_TEST(in_words(owners.judge(network, domains, InterfaceIndex(4)), domains) == "red eth1: here");
    network.apply(LinkChanged{a_link(4, "eth1", 3)});
    domains = domains_of(config, network);
    owners.forget();
    BOOST_TEST(in_words(owners.judge(network, domains, InterfaceIndex(4)), domains) == "blue eth1: here");
    BOOST_TEST(in_words(judge_ports(network, domains.at(VrfName("red"))), domains) == "red eth2: here");
}

// Whatever happens: a port that resolve() would not give to the same domain any more is away, but for what it is only
// called, or has as addresses.
BOOST_AUTO_TEST_CASE(no_interface_stays_that_another_domain_gets)
{
    const auto config = two_tenants();
    const std::vector<netlink::Link> forms{a_link(4, "eth1", 3), a_link(4, "eth8"),    a_link(4, "eth9"),
                                           a_link(8, "eth9"),    a_link(8, "eth8", 2), a_link(8, "eth19"),
                                           a_link(9, "eth8"),    a_link(9, "eth9", 3), a_link(5, "e9")};
    for (const auto& form : forms) {
        auto network = host();
        const auto before = domains_of(config, network);
        network.apply(LinkChanged{form});
        for (const auto& [vrf, domain] : domains_of(config, network)) {
            if (find_port(domain, form.index) == nullptr) {
                continue;
            }
            for (const auto& [other, was] : before) {
                const auto* port = find_port(was, form.index);
                BOOST_TEST((other == vrf || port == nullptr || !why_departed(network, was, *port).empty()),
                           form.name << " stays in " << other.str() << " and gets into " << vrf.str());
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
