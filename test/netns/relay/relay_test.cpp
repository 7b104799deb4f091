// What clients see through a relay with a real Kea behind it, frame by frame.
#include "relay_lab.hpp"
#include "support/judge.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::test;

BOOST_TEST_GLOBAL_FIXTURE(Isolation);
BOOST_TEST_GLOBAL_FIXTURE(Judge);

namespace {

using keavrf::InterfaceIndex;
using keavrf::Ipv4Address;
namespace relay = keavrf::relay;
using keavrf::dhcp::MessageType;

const auto client_mac = mac("02:00:00:00:00:01");

// One domain, one client interface.
struct OneDomain : RelayLab {
    OneDomain()
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", client, client_mac);
        RelayDomain::Options options;
        options.name = "red";
        options.pools = {{"192.168.1.0/24", "192.168.1.100 - 192.168.1.120"}};
        red.emplace(thread, *io, hub, options);
        red->open(red->port("eth1", {"192.168.1.1/24"}));
        raw.emplace(client.fd(), "eth0", client_mac);
    }

    [[nodiscard]] relay::FamilyCounters counted() { return red->counters().ports.begin()->second.v4; }

    ClientNamespace client;
    std::optional<RelayDomain> red;
    std::optional<RawClient> raw;
};

// What holds for all that a client gets.
void check_answer(const DhcpFrame& frame)
{
    BOOST_TEST_CONTEXT(describe(frame))
    {
        BOOST_TEST(frame.source == ip("192.168.1.1"));
        BOOST_TEST(frame.source_port == 67);
        BOOST_TEST(frame.destination_port == 68);
        BOOST_TEST((frame.checksum != Checksum::wrong));
        BOOST_TEST(frame.dhcp_size >= 300U);
        BOOST_TEST(frame.message.option(option::relay_agent) == nullptr);
        BOOST_TEST((frame.message.address_option(option::server_id) == ip("192.168.1.1")));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay4)

BOOST_DATA_TEST_CASE_F(OneDomain, a_client_gets_its_lease_as_it_asked_to_be_answered,
                       boost::unit_test::data::make({true, false}), broadcast)
{
    const auto lease = raw->acquire(broadcast);
    BOOST_REQUIRE_MESSAGE(lease, red->kea().output());
    BOOST_TEST((lease->server_id == ip("192.168.1.1")));
    std::size_t answers = 0;
    for (const auto& frame : raw->frames()) {
        if (frame.message.op == 2) {
            ++answers;
            check_answer(frame);
            BOOST_TEST(to_string(frame.destination_mac) == to_string(broadcast ? broadcast_mac : client_mac));
            BOOST_TEST((frame.destination == (broadcast ? ip("255.255.255.255") : lease->address)));
            BOOST_TEST((frame.message.giaddr == ip("192.168.1.1")));
        }
    }
    BOOST_TEST(answers >= 2U);
    const auto counters = counted();
    BOOST_TEST(counters.forwarded(MessageType::discover) >= 1U);
    BOOST_TEST(counters.delivered(MessageType::offer) >= 1U);
    BOOST_TEST(counters.delivered(MessageType::ack) >= 1U);
    BOOST_TEST(red->counters().answer_times.count >= 2U);
}

BOOST_FIXTURE_TEST_CASE(a_lease_is_renewed_by_unicast_rebound_and_released, OneDomain)
{
    const auto lease = raw->acquire(false);
    BOOST_REQUIRE(lease);
    const auto renewed = raw->renew(*lease);
    BOOST_REQUIRE_MESSAGE(renewed, red->kea().output());
    BOOST_TEST(int{renewed->message.type()} == int{type::ack});
    BOOST_TEST((renewed->destination == lease->address));
    BOOST_TEST(to_string(renewed->destination_mac) == to_string(client_mac));
    check_answer(*renewed); // from the address that the client sent to

    const auto rebound = raw->rebind(*lease);
    BOOST_REQUIRE(rebound);
    BOOST_TEST((rebound->message.yiaddr == lease->address));
    check_answer(*rebound);

    BOOST_TEST(raw->release(*lease));
    BOOST_TEST(red->kea().says("DHCP4_RELEASE"));
    BOOST_TEST(counted().forwarded(MessageType::release) == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_declined_address_is_known_to_kea, OneDomain)
{
    const auto lease = raw->acquire();
    BOOST_REQUIRE(lease);
    raw->decline(*lease);
    BOOST_TEST(red->kea().says("DHCP4_DECLINE_LEASE"));
    const auto other = raw->acquire();
    BOOST_REQUIRE(other);
    BOOST_TEST((other->address != lease->address));
}

BOOST_FIXTURE_TEST_CASE(an_inform_is_answered_to_the_address_it_names, OneDomain)
{
    const auto answer = raw->inform(ip("192.168.1.50"));
    BOOST_REQUIRE_MESSAGE(answer, red->kea().output());
    BOOST_TEST((answer->destination == ip("192.168.1.50")));
    BOOST_TEST((answer->message.yiaddr == Ipv4Address()));
    check_answer(*answer);
}

BOOST_FIXTURE_TEST_CASE(a_nak_is_broadcast, OneDomain)
{
    auto request = raw->message(type::request); // INIT-REBOOT, without the broadcast flag
    request.add(option::requested_address, ip("10.99.99.99"));
    const auto answer = raw->exchange(request, {type::ack, type::nak});
    BOOST_REQUIRE_MESSAGE(answer, red->kea().output());
    BOOST_TEST(int{answer->message.type()} == int{type::nak});
    BOOST_TEST((answer->destination == ip("255.255.255.255")));
    BOOST_TEST(to_string(answer->destination_mac) == to_string(broadcast_mac));
    check_answer(*answer);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_a_clients_to_send_is_dropped_and_counted, OneDomain)
{
    auto spoofed = raw->message(type::discover);
    spoofed.giaddr = ip("192.168.1.1");
    raw->broadcast(spoofed);
    auto relayed = raw->message(type::discover);
    relayed.giaddr = ip("10.50.0.1");
    raw->broadcast(relayed);
    auto marked = raw->message(type::discover);
    marked.add(option::relay_agent, Bytes{1, 1, 65});
    raw->broadcast(marked);
    BOOST_REQUIRE(raw->acquire()); // came after them
    BOOST_TEST(counted().dropped(relay::DropReason::spoofed_giaddr) == 1U);
    BOOST_TEST(counted().dropped(relay::DropReason::untrusted_relay) == 1U);
    BOOST_TEST(counted().dropped(relay::DropReason::untrusted_option82) == 1U);
    for (const auto& frame : raw->frames()) {
        BOOST_TEST((frame.message.op != 2 || (frame.message.xid != spoofed.xid && frame.message.xid != relayed.xid &&
                                              frame.message.xid != marked.xid)));
    }
}

BOOST_FIXTURE_TEST_CASE(a_trusted_downstream_relay_is_answered_at_its_giaddr, OneDomain)
{
    // The relay 10.2.0.2 on eth2, by which 10.50.0.0/24 is reached.
    ClientNamespace site;
    network.add_client_interface("eth2", "", "10.2.0.1/24", site, mac("02:00:00:00:00:02"));
    BOOST_REQUIRE(run({"ip", "route", "add", "10.50.0.0/24", "via", "10.2.0.2"}).exit_code == 0);
    RelayDomain::Options options;
    options.name = "blue";
    options.slot = 1;
    options.pools = {{"10.50.0.0/24", "10.50.0.100 - 10.50.0.120"}};
    RelayDomain blue(thread, *io, hub, options);
    auto config = blue.port("eth2", {"10.2.0.1/24"});
    config.relay.trusted = true;
    blue.open(config);
    blue.with_relay([](relay::Relay& relay) { relay.set_subnets({*keavrf::Ipv4Prefix::parse("10.50.0.0/24")}); });

    RawClient router(site.fd(), "eth0", mac("02:00:00:00:00:02"));
    router.hold(ip("10.2.0.2"));
    auto discover = router.message(type::discover);
    discover.giaddr = ip("10.50.0.1");
    discover.hops = 1;
    discover.add(option::relay_agent, Bytes{1, 3, 'a', 'b', 'c'});
    BOOST_REQUIRE(router.unicast(discover, ip("10.2.0.2"), ip("10.2.0.1")));
    const auto offer = router.answer_to(discover);
    BOOST_REQUIRE_MESSAGE(offer, blue.kea().output());
    BOOST_TEST((offer->destination == ip("10.50.0.1")));
    BOOST_TEST(offer->destination_port == 67);
    BOOST_TEST((offer->source == ip("10.2.0.1")));
    BOOST_TEST((offer->message.giaddr == ip("10.50.0.1")));
    BOOST_TEST((offer->message.relay_suboption(1) == Bytes{'a', 'b', 'c'}));
    BOOST_TEST((offer->message.address_option(option::server_id) == ip("10.2.0.1")));

    auto request = router.message(type::request);
    request.giaddr = discover.giaddr;
    request.add(option::requested_address, offer->message.yiaddr);
    request.add(option::server_id, ip("10.2.0.1"));
    BOOST_REQUIRE(router.unicast(request, ip("10.2.0.2"), ip("10.2.0.1")));
    const auto ack = router.answer_to(request);
    BOOST_REQUIRE(ack);
    BOOST_TEST(int{ack->message.type()} == int{type::ack});

    // The client behind it renews by unicast: no giaddr, from an address that is on no link of ours.
    auto renewal = router.message(type::request);
    renewal.ciaddr = ack->message.yiaddr;
    BOOST_REQUIRE(router.unicast(renewal, ip("10.2.0.2"), ip("10.2.0.1")));
    const auto renewed = router.answer_to(renewal);
    BOOST_REQUIRE_MESSAGE(renewed, blue.kea().output());
    BOOST_TEST(int{renewed->message.type()} == int{type::ack});
    BOOST_TEST((renewed->destination == ack->message.yiaddr));
    BOOST_TEST(renewed->destination_port == 68);
    BOOST_TEST(renewed->message.option(option::relay_agent) == nullptr);
    BOOST_TEST((renewed->message.address_option(option::server_id) == ip("10.2.0.1")));
    BOOST_TEST(red->counters().uplink_drops == decltype(relay::RelayCounters::uplink_drops){});
}

BOOST_FIXTURE_TEST_CASE(two_domains_with_the_same_subnet_and_client_never_see_each_others_answers, OneDomain)
{
    ClientNamespace other;
    network.add_client_interface("eth2", "", "192.168.1.1/24", other, client_mac);
    RelayDomain::Options options;
    options.name = "blue";
    options.slot = 1;
    options.pools = {{"192.168.1.0/24", "192.168.1.200 - 192.168.1.220"}};
    RelayDomain blue(thread, *io, hub, options);
    blue.open(blue.port("eth2", {"192.168.1.1/24"}));
    RawClient twin(other.fd(), "eth0", client_mac);

    // In lockstep, with the same xid.
    const auto both = [&](const DhcpMessage& in_red, const DhcpMessage& in_blue) {
        raw->broadcast(in_red);
        twin.broadcast(in_blue);
        return std::pair(raw->answer_to(in_red), twin.answer_to(in_blue));
    };
    for (const bool broadcast : {true, false}) {
        auto discover = raw->message(type::discover);
        discover.broadcast = broadcast;
        const auto offers = both(discover, discover);
        BOOST_REQUIRE(offers.first);
        BOOST_REQUIRE(offers.second);
        const auto request_for = [&](const DhcpFrame& offer) {
            auto request = discover;
            request.options.front().second = {type::request};
            request.xid = discover.xid + 0x10000;
            request.add(option::requested_address, offer.message.yiaddr);
            request.add(option::server_id, ip("192.168.1.1"));
            return request;
        };
        const auto acks = both(request_for(*offers.first), request_for(*offers.second));
        BOOST_REQUIRE(acks.first);
        BOOST_REQUIRE(acks.second);
        BOOST_TEST(int{acks.first->message.type()} == int{type::ack});
        BOOST_TEST(int{acks.second->message.type()} == int{type::ack});
    }
    const auto lease = [](RawClient& who) {
        const auto acquired = who.acquire(false);
        BOOST_REQUIRE(acquired);
        return *acquired;
    };
    BOOST_TEST(raw->renew(lease(*raw)).has_value());
    BOOST_TEST(twin.renew(lease(twin)).has_value());
    const auto within = [](RawClient& who, const char* first, const char* last) {
        for (const auto& frame : who.frames()) {
            const auto leased = frame.message.yiaddr;
            BOOST_TEST((frame.message.op != 2 || (leased >= ip(first) && leased <= ip(last))), describe(frame));
        }
    };
    within(*raw, "192.168.1.100", "192.168.1.120");
    within(twin, "192.168.1.200", "192.168.1.220");
    BOOST_TEST(red->counters().uplink_drops == decltype(relay::RelayCounters::uplink_drops){});
    BOOST_TEST(blue.counters().uplink_drops == decltype(relay::RelayCounters::uplink_drops){});
}

BOOST_AUTO_TEST_SUITE_END()
