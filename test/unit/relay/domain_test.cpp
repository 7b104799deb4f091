#include "lab.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace keavrf;
using namespace keavrf::test;

constexpr InterfaceIndex eth1{2};
constexpr InterfaceIndex eth2{3};

relay::Downstream heard(int seconds, InterfaceIndex port = eth2)
{
    return {port, Ipv4Address(eth2_address), relay::TimePoint(std::chrono::seconds(seconds))};
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
    lab.eth1.addresses.clear();
    lab.domain.put_port(lab.eth1);
    BOOST_TEST(lab.domain.port(eth1)->client_address.str() == "172.16.0.1");
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

BOOST_AUTO_TEST_SUITE_END()
