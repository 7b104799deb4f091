// Relays behind a trusted interface: one that asks for its answers at a port of its own, and a real one whose client is
// refused.
#include "fake_server.hpp"
#include "netns/socket.hpp"
#include "relay_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <poll.h>

using namespace keavrf::test;

namespace {

using keavrf::Ipv4Address;
namespace relay = keavrf::relay;

const auto router_mac = mac("02:00:00:00:00:02");
const auto other_mac = mac("02:00:00:00:00:03");
const auto lan_mac = mac("02:00:00:00:50:01");

// 10.2.0.1 on eth2 - 10.2.0.2, a router's, which has 10.50.0.1 on `lan` too - a client
struct Site : RelayLab {
    Site()
    {
        network.add_client_interface("eth2", "", "10.2.0.1/24", router, router_mac);
        Network::add_route("10.50.0.0/24", "10.2.0.2", "eth2");
        Network inside(router.fd());
        inside.add_address("eth0", "10.2.0.2/24");
        inside.add_default_route("10.2.0.1", "eth0");
        inside.add_veth("lan", client, "eth0", lan_mac);
        inside.add_address("lan", "10.50.0.1/24");
        RelayDomain::Options options;
        options.name = "blue";
        options.pools = {{"10.50.0.0/24", "10.50.0.100 - 10.50.0.120"}};
        blue.emplace(thread, *io, hub, options);
        auto config = blue->port("eth2", {"10.2.0.1/24"});
        config.relay.trusted = true;
        blue->open(config);
        blue->with_relay([](relay::Relay& relay) { relay.set_subnets({*keavrf::Ipv4Prefix::parse("10.50.0.0/24")}); });
    }

    [[nodiscard]] Program start_dhcrelay() const
    {
        ProgramOptions there;
        there.network_namespace = router.fd();
        Program started({"dhcrelay", "-4", "-d", "--no-pid", "-a", "-i", "lan", "-i", "eth0", "10.2.0.1"}, there);
        BOOST_REQUIRE(started.says("Sending on   Socket/fallback"));
        return started;
    }

    ClientNamespace router;
    ClientNamespace client;
    std::optional<RelayDomain> blue;
};

// A relay's socket in the router, on a port of its own.
class RelaySocket {
public:
    RelaySocket(int network_namespace, std::uint16_t port)
        : socket_(keavrf::netns::open_udp_socket_in(network_namespace, {"", ip("10.2.0.2"), port, false}).value())
    {
    }
    void send(const DhcpMessage& message) const
    {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(67);
        to.sin_addr.s_addr = htonl(ip("10.2.0.1").value());
        const auto bytes = message.encode();
        BOOST_REQUIRE(::sendto(socket_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                               sizeof to) == static_cast<ssize_t>(bytes.size()));
    }
    [[nodiscard]] std::optional<DhcpMessage> receive() const
    {
        pollfd wait{socket_.get(), POLLIN, 0};
        if (::poll(&wait, 1, static_cast<int>(patience.count())) != 1) {
            return std::nullopt;
        }
        Bytes bytes(65536);
        bytes.resize(static_cast<std::size_t>(::recv(socket_.get(), bytes.data(), bytes.size(), 0)));
        return DhcpMessage::parse(bytes);
    }

private:
    keavrf::UniqueFd socket_;
};

DhcpMessage relayed_discover(RawClient& client, const Bytes& option82)
{
    auto discover = client.message(type::discover);
    discover.giaddr = ip("10.2.0.2");
    discover.hops = 1;
    discover.add(option::relay_agent, option82);
    return discover;
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_downstream)

// RFC 8357 5: where sub-option 19 stands in option 82, the answer goes to the port the message came from.
BOOST_FIXTURE_TEST_CASE(a_relay_with_a_source_port_of_its_own_is_answered_there, Site)
{
    const Bytes link{5, 4, 10, 50, 0, 1};
    auto with_source_port = link;
    with_source_port.insert(with_source_port.end(), {19, 0});
    RawClient wire(router.fd(), "eth0", router_mac);
    const RelaySocket own(router.fd(), 1067);
    const RelaySocket usual(router.fd(), 67);

    const auto first = relayed_discover(wire, with_source_port);
    own.send(first);
    const auto there = own.receive();
    BOOST_REQUIRE_MESSAGE(there, blue->kea().output());
    BOOST_TEST(there->xid == first.xid);
    BOOST_TEST((there->giaddr == ip("10.2.0.2")));
    BOOST_TEST((there->relay_suboption(19) == Bytes{}));
    BOOST_TEST((there->address_option(option::server_id) == ip("10.2.0.1")));

    // Without it, from the same port: to 67, as ever (RFC 2131 4.1).
    const auto second = relayed_discover(wire, link);
    own.send(second);
    const auto here = usual.receive();
    BOOST_REQUIRE_MESSAGE(here, blue->kea().output());
    BOOST_TEST(here->xid == second.xid);
}

// The client is in the wrong subnet: it comes with an address of another one (RFC 2131 4.3.2).
BOOST_FIXTURE_TEST_CASE(a_client_in_the_wrong_subnet_hears_the_nak_through_its_relay, Site)
{
    const auto dhcrelay = start_dhcrelay();
    RawClient raw(client.fd(), "eth0", lan_mac);
    RawClient wire(router.fd(), "eth0", router_mac);
    auto request = raw.message(type::request); // INIT-REBOOT
    request.add(option::requested_address, ip("10.99.0.5"));
    const auto answer = raw.exchange(request, {type::ack, type::nak});
    BOOST_REQUIRE_MESSAGE(answer, blue->kea().output() << dhcrelay.errors());
    BOOST_TEST(int{answer->message.type()} == int{type::nak});
    BOOST_TEST((answer->destination == ip("255.255.255.255")));
    BOOST_TEST(to_string(answer->destination_mac) == to_string(broadcast_mac));
    BOOST_TEST(answer->message.broadcast); // what made the relay broadcast it
    const auto to_relay = wire.receive([](const DhcpFrame& frame) { return frame.message.type() == type::nak; });
    BOOST_REQUIRE(to_relay);
    BOOST_TEST((to_relay->destination == ip("10.50.0.1")));
    BOOST_TEST((to_relay->source == ip("10.2.0.1")));
}

// It renews by unicast, past its relay, with an address that is another's. A broadcast on our link (RFC 2131 4.1) would
// not reach it: the NAK is routed to it like an ACK. Rebinding through its relay, it hears the same.
BOOST_FIXTURE_TEST_CASE(a_renewal_that_is_refused_is_refused_where_the_client_is, Site)
{
    RawClient wire(router.fd(), "eth0", router_mac);
    wire.hold(ip("10.2.0.2"));
    // Another client has the address.
    auto discover = wire.message(type::discover);
    discover.giaddr = ip("10.50.0.1");
    discover.chaddr = mac("02:00:00:00:50:02");
    BOOST_REQUIRE(wire.unicast_from_relay(discover, ip("10.2.0.2"), ip("10.2.0.1")));
    wire.set_address(discover.chaddr);
    const auto offer = wire.answer_to(discover);
    BOOST_REQUIRE_MESSAGE(offer, blue->kea().output());
    auto take = discover;
    take.options.front().second = {type::request};
    take.add(option::requested_address, offer->message.yiaddr);
    take.add(option::server_id, ip("10.2.0.1"));
    BOOST_REQUIRE(wire.unicast_from_relay(take, ip("10.2.0.2"), ip("10.2.0.1")));
    const auto is_ack = [](const DhcpFrame& frame) { return frame.message.type() == type::ack; };
    BOOST_REQUIRE_MESSAGE(wire.receive(is_ack), blue->kea().output());

    wire.set_address(lan_mac);
    auto renewal = wire.message(type::request);
    renewal.ciaddr = offer->message.yiaddr;
    BOOST_REQUIRE(wire.unicast(renewal, renewal.ciaddr, ip("10.2.0.1")));
    const auto refused = wire.answer_to(renewal);
    BOOST_REQUIRE_MESSAGE(refused, blue->kea().output());
    BOOST_TEST(int{refused->message.type()} == int{type::nak});
    BOOST_TEST((refused->destination == renewal.ciaddr));
    BOOST_TEST((refused->source == ip("10.2.0.1")));
    BOOST_TEST(refused->destination_port == 68);
    BOOST_TEST((refused->checksum == Checksum::valid));

    const auto dhcrelay = start_dhcrelay();
    RawClient raw(client.fd(), "eth0", lan_mac);
    auto rebinding = raw.message(type::request);
    rebinding.ciaddr = renewal.ciaddr;
    const auto heard = raw.exchange(rebinding, {type::ack, type::nak});
    BOOST_REQUIRE_MESSAGE(heard, blue->kea().output() << dhcrelay.errors());
    BOOST_TEST(int{heard->message.type()} == int{type::nak});
}

// Its message comes in by eth2, and the host's routes lead to it by eth3 (`device: none`: there is no VRF device).
BOOST_FIXTURE_TEST_CASE(a_relay_is_answered_where_the_hosts_routes_lead, Site)
{
    const auto another = relay::RoutedSender::open();
    BOOST_REQUIRE(another);
    ClientNamespace neighbour;
    network.add_client_interface("eth3", "", "10.3.0.1/24", neighbour, other_mac);
    Network::add_route("10.60.0.0/16", "10.3.0.9", "eth3");
    auto eth3 = blue->port("eth3", {"10.3.0.1/24"});
    eth3.relay.trusted = true;
    blue->open(eth3);
    RawClient from(router.fd(), "eth0", router_mac);
    RawClient towards(neighbour.fd(), "eth0", other_mac);
    towards.hold(ip("10.3.0.9"));
    towards.set_address(router_mac);

    auto discover = from.message(type::discover);
    discover.giaddr = ip("10.60.0.1");
    discover.hops = 1;
    discover.add(option::relay_agent, Bytes{5, 4, 10, 50, 0, 1});
    BOOST_REQUIRE(from.unicast_from_relay(discover, ip("10.2.0.2"), ip("10.2.0.1")));
    const auto offer = towards.answer_to(discover);
    BOOST_REQUIRE_MESSAGE(offer, blue->kea().output());
    BOOST_TEST((offer->source == ip("10.2.0.1"))); // by which it knows the relay
    BOOST_TEST((offer->destination == ip("10.60.0.1")));
    BOOST_TEST(offer->source_port == 67);
    BOOST_TEST(offer->destination_port == 67);
    BOOST_TEST((offer->checksum == Checksum::valid)); // it crosses the routers of others

    // A client behind it that asks by unicast.
    auto inform = from.message(type::inform);
    inform.ciaddr = ip("10.60.0.100");
    blue->with_relay([](relay::Relay& relay) { relay.set_subnets({*keavrf::Ipv4Prefix::parse("10.60.0.0/16")}); });
    BOOST_REQUIRE(from.unicast(inform, inform.ciaddr, ip("10.2.0.1")));
    const auto ack = towards.answer_to(inform);
    BOOST_REQUIRE_MESSAGE(ack, blue->kea().output());
    BOOST_TEST((ack->destination == ip("10.60.0.100")));
    BOOST_TEST(ack->destination_port == 68);
    BOOST_TEST((ack->checksum == Checksum::valid));

    std::uint8_t heard = 0; // what sends, hears nothing of what the host receives
    BOOST_TEST(::recv(another->descriptor(), &heard, 1, MSG_DONTWAIT) == -1);
}

// The host's routing table is that of all domains without a device: what leads there by an interface that is none of
// this domain's leads to somebody else's relay of the same address.
BOOST_FIXTURE_TEST_CASE(an_answer_never_leaves_by_an_interface_of_somebody_else, Site)
{
    ClientNamespace neighbour;
    network.add_client_interface("eth3", "", "10.3.0.1/24", neighbour, other_mac);
    Network::add_route("10.70.0.0/16", "10.3.0.9", "eth3");
    RawClient wire(router.fd(), "eth0", router_mac);
    RawClient anothers(neighbour.fd(), "eth0", other_mac);
    wire.hold(ip("10.2.0.2"));
    anothers.hold(ip("10.3.0.9"));
    auto discover = relayed_discover(wire, {5, 4, 10, 50, 0, 1});
    discover.giaddr = ip("10.70.0.1");
    BOOST_REQUIRE(wire.unicast_from_relay(discover, ip("10.2.0.2"), ip("10.2.0.1")));
    const auto lost = [&] {
        return blue->counters().ports.begin()->second.v4.dropped(relay::DropReason::send_failed) == 1;
    };
    BOOST_TEST(eventually(lost), blue->kea().output());
    for (const auto& frame : anothers.frames()) {
        BOOST_TEST(frame.message.op != 2);
    }
}

// What cannot be sent is counted.
BOOST_FIXTURE_TEST_CASE(an_answer_to_a_relay_without_a_route_is_counted, Site)
{
    RawClient wire(router.fd(), "eth0", router_mac);
    wire.hold(ip("10.2.0.2"));
    auto discover = relayed_discover(wire, {5, 4, 10, 50, 0, 1});
    discover.giaddr = ip("10.70.0.1");
    BOOST_REQUIRE(wire.unicast_from_relay(discover, ip("10.2.0.2"), ip("10.2.0.1")));
    const auto lost = [&] {
        return blue->counters().ports.begin()->second.v4.dropped(relay::DropReason::send_failed) == 1;
    };
    BOOST_TEST(eventually(lost), blue->kea().output());
}

BOOST_AUTO_TEST_SUITE_END()
