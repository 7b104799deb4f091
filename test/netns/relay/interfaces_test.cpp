// Client interfaces of other kinds than a plain Ethernet with an address: stacked devices, unnumbered ones, several
// addresses. What the kernel does not have is left out, and said.
#include "relay_lab.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::test;

namespace {

const auto client_mac = mac("02:00:00:00:00:01");

RelayDomain::Options options()
{
    RelayDomain::Options options;
    options.name = "red";
    options.pools = {{"192.168.1.0/24", "192.168.1.100 - 192.168.1.200"}};
    return options;
}

bool ip_link(const std::vector<std::string>& arguments, int network_namespace = -1)
{
    std::vector<std::string> command{"ip", "link"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    ProgramOptions where;
    where.network_namespace = network_namespace;
    return run(command, where).exit_code == 0;
}

void acquire_and_renew(RawClient& client, RelayDomain& red)
{
    for (const bool broadcast : {false, true}) {
        const auto lease = client.acquire(broadcast);
        BOOST_REQUIRE_MESSAGE(lease, red.kea().output());
        BOOST_TEST((lease->server_id == ip("192.168.1.1")));
        const auto renewed = client.renew(*lease);
        BOOST_REQUIRE_MESSAGE(renewed, red.kea().output());
        BOOST_TEST((renewed->message.yiaddr == lease->address));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_interfaces)

BOOST_DATA_TEST_CASE_F(RelayLab, clients_are_served_by_devices_that_stand_on_others,
                       boost::unit_test::data::make({"bridge", "macvlan", "vlan", "bond"}), kind)
{
    ClientNamespace site;
    network.add_veth("lower", site, "eth0", client_mac);
    std::string client_interface = "eth0";
    const std::string wanted = kind;
    bool made = false;
    if (wanted == "macvlan") {
        made = ip_link({"add", "link", "lower", "name", "upper", "type", "macvlan", "mode", "bridge"});
        // Or the lower device answers ARP for the upper one's address, and hears the renewals.
        run({"sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/lower/arp_ignore"});
    } else if (wanted == "vlan") {
        made = ip_link({"add", "link", "lower", "name", "upper", "type", "vlan", "id", "10"}) &&
               ip_link({"add", "link", "eth0", "name", "tagged", "type", "vlan", "id", "10"}, site.fd()) &&
               ip_link({"set", "tagged", "up"}, site.fd());
        client_interface = "tagged";
    } else {
        made = ip_link({"add", "upper", "type", wanted}) && ip_link({"set", "lower", "down"}) &&
               ip_link({"set", "lower", "master", "upper"}) && ip_link({"set", "lower", "up"});
    }
    if (!made) {
        BOOST_TEST_MESSAGE("this kernel has no " << wanted << ": left out");
        return;
    }
    network.up("upper");
    network.add_address("upper", "192.168.1.1/24");
    BOOST_REQUIRE(eventually([&] { return network.link("upper").running(); }));
    RelayDomain red(thread, *io, hub, options());
    red.open(red.port("upper", {"192.168.1.1/24"}));
    RawClient client(site.fd(), client_interface, client_mac);
    acquire_and_renew(client, red);
}

BOOST_FIXTURE_TEST_CASE(an_unnumbered_interface_borrows_the_address_of_another, RelayLab)
{
    ClientNamespace first_site;
    ClientNamespace second_site;
    network.add_client_interface("eth1", "", "192.168.1.1/24", first_site, client_mac);
    network.add_veth("eth2", second_site, "eth0", client_mac);
    RelayDomain red(thread, *io, hub, options());
    red.open(red.port("eth1", {"192.168.1.1/24"}));
    auto borrower = red.port("eth2", {});
    borrower.giaddr = ip("192.168.1.1");
    red.open(borrower);
    RawClient first(first_site.fd(), "eth0", client_mac);
    RawClient second(second_site.fd(), "eth0", client_mac);
    acquire_and_renew(second, red);
    for (const auto& frame : first.frames()) {
        BOOST_TEST(frame.message.op != 2, "the lender's client saw " << describe(frame));
    }
    acquire_and_renew(first, red);
}

BOOST_FIXTURE_TEST_CASE(renewals_to_any_address_of_an_interface_are_answered_from_it, RelayLab)
{
    ClientNamespace site;
    network.add_client_interface("eth1", "", "192.168.1.1/24", site, client_mac);
    network.add_address("eth1", "192.168.1.2/24");
    network.add_address("eth1", "10.7.0.1/24");
    RelayDomain red(thread, *io, hub, options());
    red.open(red.port("eth1", {"192.168.1.1/24", "192.168.1.2/24", "10.7.0.1/24"}));
    RawClient client(site.fd(), "eth0", client_mac);
    auto lease = client.acquire(false);
    BOOST_REQUIRE(lease);
    lease->server_id = ip("192.168.1.2");
    const auto renewed = client.renew(*lease);
    BOOST_REQUIRE_MESSAGE(renewed, red.kea().output());
    BOOST_TEST((renewed->source == ip("192.168.1.2")));
    BOOST_TEST((renewed->message.address_option(option::server_id) == ip("192.168.1.2")));
}

BOOST_FIXTURE_TEST_CASE(an_answer_to_ciaddr_resolves_nothing, RelayLab)
{
    ClientNamespace site;
    network.add_client_interface("eth1", "", "192.168.1.1/24", site, client_mac);
    RelayDomain red(thread, *io, hub, options());
    red.open(red.port("eth1", {"192.168.1.1/24"}));
    RawClient client(site.fd(), "eth0", client_mac);
    // Invented addresses; the client holds none of them, so nobody would answer ARP.
    for (unsigned last = 50; last < 60; ++last) {
        auto inform = client.message(type::inform);
        inform.ciaddr = ip("192.168.1." + std::to_string(last));
        client.broadcast(inform);
        const auto answer = client.answer_to(inform);
        BOOST_REQUIRE_MESSAGE(answer, red.kea().output());
        BOOST_TEST((answer->destination == inform.ciaddr));
        BOOST_TEST(to_string(answer->destination_mac) == to_string(client_mac));
    }
    BOOST_TEST(run({"ip", "neigh", "show", "dev", "eth1"}).output == "");
}

BOOST_AUTO_TEST_SUITE_END()
