#include "lab.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace keavrf;
using namespace keavrf::test;

constexpr InterfaceIndex eth1{2};
constexpr InterfaceIndex eth2{3};

relay::Downstream heard(int seconds, InterfaceIndex port = eth2)
{
    return {port, Ipv4Address(eth2_address), relay::TimePoint(std::chrono::seconds(seconds))};
}

std::string names_of(std::span<relay::Port* const> ports)
{
    std::string names;
    for (const auto* port : ports) {
        names += port->config.name + " ";
    }
    return names;
}

// How many requests of one moment a port takes.
int taken_at_once(Lab& lab)
{
    int taken = 0;
    while (taken < 100 && lab.request(2, Dhcp4().with(1)).decision == "forward") {
        ++taken;
    }
    return taken;
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay_domain)

BOOST_AUTO_TEST_CASE(knows_the_addresses_of_its_ports_and_those_it_was_told)
{
    Lab lab;
    for (const auto address : {eth1_address, eth1_secondary, eth2_address, other_address}) {
        BOOST_TEST(lab.domain.own(Ipv4Address(address)));
    }
    BOOST_TEST(!lab.domain.own(Ipv4Address(downstream_relay)));
    BOOST_TEST(!lab.domain.own(Ipv4Address(everybody)));
    lab.domain.erase_port(eth1);
    BOOST_TEST(!lab.domain.own(Ipv4Address(eth1_address)));
    BOOST_TEST(lab.domain.own(Ipv4Address(other_address)));
    BOOST_TEST(lab.domain.in_subnet(Ipv4Address(0x0a320064)));
    BOOST_TEST(lab.domain.in_subnet(Ipv4Address(0x0a020064)));
    BOOST_TEST(!lab.domain.in_subnet(Ipv4Address(0xc0a80164)));
}

BOOST_AUTO_TEST_CASE(finds_ports_by_giaddr_before_other_addresses)
{
    Lab lab;
    auto borrower = port_config(9, "eth9");
    borrower.giaddr = Ipv4Address(eth1_secondary);
    BOOST_TEST(lab.domain.ports_at(Ipv4Address(eth1_secondary)).size() == 1U);
    BOOST_TEST(lab.domain.ports_at(Ipv4Address(eth1_secondary)).front()->config.name == "eth1");
    lab.domain.put_port(borrower);
    BOOST_TEST(lab.domain.ports_at(Ipv4Address(eth1_secondary)).front()->config.name == "eth9");
    BOOST_TEST(lab.domain.ports_at(Ipv4Address(other_address)).empty());
}

BOOST_AUTO_TEST_CASE(clients_know_a_port_by_its_own_address_before_a_borrowed_one)
{
    Lab lab;
    BOOST_TEST(lab.domain.port(eth1)->client_address.str() == "192.168.1.10");
    lab.eth1.giaddr = Ipv4Address(eth1_secondary);
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.domain.port(eth1)->client_address.str() == "192.168.1.11");
    lab.eth1.giaddr = Ipv4Address(other_address);
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.domain.port(eth1)->client_address.str() == "192.168.1.10");
    std::swap(lab.eth1.addresses.at(0), lab.eth1.addresses.at(1)); // a secondary one is not the first
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.domain.port(eth1)->client_address.str() == "192.168.1.10");
    lab.eth1.addresses.clear();
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.domain.port(eth1)->client_address.str() == "172.16.0.1");
}

BOOST_AUTO_TEST_CASE(a_rate_begins_anew_where_it_changes_and_nowhere_else)
{
    struct Case {
        const char* what;
        double rate;
        double burst;
        int taken;
    };
    const std::vector<Case> cases{
        {"none", 0, 0, 100},        {"as many as in a second", 3, 0, 3}, {"the same", 3, 0, 0},
        {"another burst", 3, 5, 5}, {"the same burst", 3, 5, 0},         {"another rate", 4, 5, 5},
        {"no burst", 4, 0, 4},
    };
    Lab lab;
    for (const auto& [what, rate, burst, taken] : cases) {
        lab.eth1.relay.rate = rate;
        lab.eth1.relay.burst = burst;
        lab.domain.put_port(lab.eth1);
        BOOST_TEST(taken_at_once(lab) == taken, what);
    }
    // Another interface under the same index begins anew too.
    lab.domain.erase_port(eth1);
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(taken_at_once(lab) == 4);
}

BOOST_AUTO_TEST_CASE(a_borrowed_giaddr_alone_makes_a_subnet_a_link)
{
    Lab lab;
    lab.domain.set_subnets({*Ipv4Prefix::parse("192.168.0.0/16"), *Ipv4Prefix::parse("10.50.0.0/24")});
    auto borrower = port_config(9, "eth9");
    borrower.giaddr = Ipv4Address(eth1_address);
    lab.domain.put_port(borrower);
    const Ipv4Address near(0xc0a80164);
    const Ipv4Address far(0xc0a80264);
    BOOST_TEST(lab.domain.port(eth1)->on_link(near));
    BOOST_TEST(!lab.domain.port(eth1)->on_link(far));
    BOOST_TEST(lab.domain.port(InterfaceIndex(9))->on_link(near));
    BOOST_TEST(lab.domain.port(InterfaceIndex(9))->on_link(far));
    BOOST_TEST(!lab.domain.port(InterfaceIndex(9))->on_link(Ipv4Address(downstream_relay)));
    BOOST_TEST(!lab.domain.port(InterfaceIndex(4))->on_link(near)); // eth3, which has no address at all
}

// The index is kept port by port; a domain that has always been so knows nothing else.
BOOST_AUTO_TEST_CASE(what_ports_were_before_leaves_no_trace)
{
    std::mt19937 random(7);
    const auto below = [&](std::uint32_t limit) {
        return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(random);
    };
    for (unsigned round = 0; round < 200; ++round) {
        relay::Domain changed({"red", "host1"}, Ipv4Address(kea_address), 1);
        std::map<int, relay::PortConfig> last;
        for (unsigned step = 0; step < 30; ++step) {
            const auto index = static_cast<int>(1 + below(5));
            auto config = port_config(index, "eth" + std::to_string(index));
            for (auto addresses = below(3); addresses > 0; --addresses) {
                config = with_address(config, 0x0a000000 | below(4) << 8U | below(3), 22 + below(3));
            }
            if (below(3) == 0) {
                config.giaddr = Ipv4Address(0x0a000000 | below(4) << 8U | below(3));
            }
            if (below(4) == 0) {
                changed.erase_port(config.index);
                last.erase(index);
            } else {
                changed.put_port(config);
                last[index] = config;
            }
        }
        relay::Domain fresh({"red", "host1"}, Ipv4Address(kea_address), 1);
        for (const auto& [index, config] : last) {
            fresh.put_port(config);
        }
        for (std::uint32_t at = 0; at < 0x500; ++at) {
            const Ipv4Address address(0x0a000000 | at);
            BOOST_TEST_REQUIRE(changed.own(address) == fresh.own(address), address.str());
            BOOST_TEST_REQUIRE(changed.in_subnet(address) == fresh.in_subnet(address), address.str());
            BOOST_TEST_REQUIRE(names_of(changed.ports_at(address)) == names_of(fresh.ports_at(address)), address.str());
            for (const auto& [index, config] : last) {
                BOOST_TEST_REQUIRE(changed.port(config.index)->on_link(address) ==
                                   fresh.port(config.index)->on_link(address));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_change_in_place_keeps_the_exchanges)
{
    Lab lab;
    lab.request(2, Dhcp4().with(1));
    lab.eth1.name = "renamed";
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.domain.port(eth1)->exchanges.size() == 1U);
    BOOST_TEST(lab.domain.port(eth1)->option82.circuit_id() == "renamed");
}

BOOST_AUTO_TEST_CASE(a_port_keeps_its_downstream_relays_bounded_and_to_itself)
{
    Lab lab;
    lab.eth1.relay.trusted = true;
    lab.domain.put_port(lab.eth1);
    const auto limit = static_cast<int>(relay::Domain::downstream_limit);
    lab.domain.hear_downstream(Ipv4Address(1), heard(0, eth1));
    for (int number = 0; number < limit; ++number) {
        lab.domain.hear_downstream(Ipv4Address(static_cast<std::uint32_t>(100 + number)), heard(number));
    }
    lab.domain.hear_downstream(Ipv4Address(100), heard(limit)); // the oldest is heard again
    lab.domain.hear_downstream(Ipv4Address(99), heard(limit + 1));
    BOOST_TEST(lab.domain.downstream(Ipv4Address(1)) != nullptr);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(100)) != nullptr);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(101)) == nullptr);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(102)) != nullptr);
    lab.domain.erase_port(eth2);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(102)) == nullptr);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(1)) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_downstream_relay_that_is_heard_at_another_port_is_behind_that_one)
{
    Lab lab;
    lab.eth1.relay.trusted = true;
    lab.domain.put_port(lab.eth1);
    const auto limit = static_cast<int>(relay::Domain::downstream_limit);
    for (int number = 0; number < limit; ++number) {
        lab.domain.hear_downstream(Ipv4Address(static_cast<std::uint32_t>(100 + number)), heard(number));
    }
    lab.domain.hear_downstream(Ipv4Address(1), heard(0, eth1));
    lab.domain.hear_downstream(Ipv4Address(1), heard(limit)); // it moves, and the oldest there goes
    BOOST_TEST(lab.domain.downstream(Ipv4Address(1))->port.value() == eth2.value());
    BOOST_TEST(lab.domain.downstream(Ipv4Address(100)) == nullptr);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(101)) != nullptr);
    lab.domain.erase_port(eth1);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(1)) != nullptr);
    lab.domain.erase_port(eth2);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(1)) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_downstream_relay_whose_port_goes_is_behind_the_one_before)
{
    Lab lab;
    lab.eth1.relay.trusted = true;
    lab.domain.put_port(lab.eth1);
    const auto limit = static_cast<int>(relay::Domain::downstream_limit);
    lab.domain.hear_downstream(Ipv4Address(1), heard(0, eth1));
    lab.domain.hear_downstream(Ipv4Address(1), heard(1, eth2));
    lab.domain.hear_downstream(Ipv4Address(2), heard(2, eth2));
    lab.domain.erase_port(eth2);
    BOOST_REQUIRE(lab.domain.downstream(Ipv4Address(1)) != nullptr);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(1))->port.value() == eth1.value());
    BOOST_TEST(lab.domain.downstream(Ipv4Address(2)) == nullptr);
    // Where it counts among that one's, and is forgotten as they are.
    for (int number = 0; number < limit; ++number) {
        lab.domain.hear_downstream(Ipv4Address(static_cast<std::uint32_t>(100 + number)), heard(10 + number, eth1));
    }
    BOOST_TEST(lab.domain.downstream(Ipv4Address(1)) == nullptr);
    lab.domain.put_port(lab.eth2);
    lab.domain.hear_downstream(Ipv4Address(100), heard(limit + 20, eth2));
    lab.domain.hear_downstream(Ipv4Address(99), heard(limit + 21, eth1)); // eth1 is full again
    lab.domain.erase_port(eth2);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(100)) == nullptr);
    BOOST_TEST(lab.domain.downstream(Ipv4Address(99)) != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
