// The life of ports and uplinks: opened, changed, held, failed, closed, while the relay runs.
#include "fake_server.hpp"
#include "netns/socket.hpp"
#include "relay_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <sched.h>

#include <csignal>
#include <future>

using namespace keavrf::test;

namespace {

using keavrf::InterfaceIndex;
namespace relay = keavrf::relay;
using keavrf::dhcp::MessageType;

const auto client_mac = mac("02:00:00:00:00:01");

struct Served : RelayLab {
    Served()
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", client, client_mac);
        RelayDomain::Options options;
        options.name = "red";
        options.pools = {{"192.168.1.0/24", "192.168.1.100 - 192.168.1.120"}};
        red.emplace(thread, *io, hub, options);
        eth1 = red->port("eth1", {"192.168.1.1/24"});
        raw.emplace(client.fd(), "eth0", client_mac);
    }

    // Sends a DISCOVER, and waits until the relay has forwarded it, or holds it.
    DhcpMessage forwarded_discover()
    {
        const auto before = taken();
        auto discover = raw->message(type::discover);
        discover.broadcast = true;
        raw->broadcast(discover);
        BOOST_TEST(eventually([&] { return taken() == before + 1; }));
        return discover;
    }
    std::uint64_t taken()
    {
        return red->with_relay([&](relay::Relay& relay) {
            return relay.counters().ports.at(eth1.index).v4.forwarded(MessageType::discover) + relay.held();
        });
    }

    ClientNamespace client;
    std::optional<RelayDomain> red;
    relay::PortConfig eth1;
    std::optional<RawClient> raw;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_life)

BOOST_FIXTURE_TEST_CASE(a_port_that_another_server_holds_says_so, Served)
{
    const auto rival = keavrf::netns::open_udp_socket({"eth1", keavrf::Ipv4Address(), 67, false});
    BOOST_REQUIRE(rival.has_value());
    const auto opened = red->with_relay([&](relay::Relay& relay) { return relay.open_port(eth1); });
    BOOST_REQUIRE(!opened.has_value());
    BOOST_TEST(opened.error().message() == "port eth1: cannot bind 0.0.0.0:67: Address already in use (is another "
                                           "DHCP server running? try: ss -ulpn sport = :67)");
    BOOST_TEST(!red->with_relay([&](relay::Relay& relay) { return relay.port_open(eth1.index); }));
}

BOOST_FIXTURE_TEST_CASE(a_request_reaches_kea_as_a_frame_to_its_own_address, Served)
{
    red->open(eth1);
    RawClient beside_kea(red->kea_namespace(), "kea0", mac("02:00:00:00:00:02"));
    const auto discover = forwarded_discover();
    const auto seen = beside_kea.receive([&](const DhcpFrame& frame) { return frame.message.xid == discover.xid; });
    BOOST_REQUIRE(seen.has_value());
    // A datagram's checksum would be left to offload, which the other end of a pair sees as a wrong one.
    BOOST_TEST((seen->checksum == Checksum::absent));
    BOOST_TEST((seen->destination_port == 67));
    BOOST_TEST((seen->source_port == 67));
    BOOST_TEST((seen->destination == red->kea_address()));
    BOOST_TEST(raw->answer_to(discover).has_value());
}

BOOST_FIXTURE_TEST_CASE(the_relay_takes_no_processor_from_kea, Served)
{
    BOOST_TEST(thread.run([] { return ::sched_getscheduler(0); }) == SCHED_BATCH);
}

BOOST_FIXTURE_TEST_CASE(an_interface_that_is_gone_is_no_port, Served)
{
    auto gone = eth1;
    gone.index = InterfaceIndex(9999);
    const auto opened = red->with_relay([&](relay::Relay& relay) { return relay.open_port(gone); });
    BOOST_REQUIRE(!opened.has_value());
    BOOST_TEST(opened.error().is(ENODEV));
    BOOST_TEST(opened.error().message() == "port eth1: cannot bind to the interface (index 9999): No such device");
    BOOST_TEST(!red->with_relay([&](relay::Relay& relay) { return relay.open_uplink(InterfaceIndex(9999), "red"); }));
}

BOOST_FIXTURE_TEST_CASE(ports_come_and_go_while_it_runs, Served)
{
    for (int round = 0; round < 5; ++round) {
        red->open(eth1);
        BOOST_TEST(raw->discover().has_value());
        red->open(eth1); // replaced
        BOOST_TEST(raw->discover().has_value());
        red->with_relay([&](relay::Relay& relay) { relay.close_port(eth1.index); });
        // Closed at once: the port is free.
        BOOST_TEST(keavrf::netns::open_udp_socket({"eth1", keavrf::Ipv4Address(), 67, false}).has_value());
    }
    BOOST_TEST(red->counters().ports.empty());
}

BOOST_FIXTURE_TEST_CASE(a_port_follows_a_changed_address_without_a_new_socket, Served)
{
    red->open(eth1);
    BOOST_REQUIRE(raw->discover());
    network.add_address("eth1", "192.168.1.9/24");
    auto moved = red->port("eth1", {"192.168.1.9/24"});
    red->with_relay([&](relay::Relay& relay) { relay.update_port(moved); });
    const auto offer = raw->discover();
    BOOST_REQUIRE(offer);
    BOOST_TEST((offer->message.giaddr == ip("192.168.1.9")));
    BOOST_TEST((offer->source == ip("192.168.1.9")));
    BOOST_TEST(red->counters().ports.at(eth1.index).v4.forwarded(MessageType::discover) >= 2U);
}

BOOST_FIXTURE_TEST_CASE(without_an_uplink_or_a_serving_kea_requests_are_dropped_and_counted, Served)
{
    red->open(eth1);
    const auto drops = [&] { return red->counters().ports.at(eth1.index).v4.dropped(relay::DropReason::no_server); };
    red->with_relay([](relay::Relay& relay) { relay.set_serving(false); });
    raw->broadcast(raw->message(type::discover));
    BOOST_TEST(eventually([&] { return drops() == 1; }));
    red->with_relay([](relay::Relay& relay) {
        relay.set_serving(true);
        relay.close_uplink();
    });
    raw->broadcast(raw->message(type::discover));
    BOOST_TEST(eventually([&] { return drops() == 2; }));
    const auto opened =
        red->with_relay([&](relay::Relay& relay) { return relay.open_uplink(red->uplink_index(), "red"); });
    BOOST_TEST(opened.has_value());
    BOOST_TEST(raw->discover().has_value());
}

BOOST_FIXTURE_TEST_CASE(held_requests_go_out_in_order_when_the_hold_ends, Served)
{
    red->open(eth1);
    red->with_relay([](relay::Relay& relay) { relay.hold(true); });
    std::vector<DhcpMessage> sent;
    for (int number = 0; number < 50; ++number) {
        sent.push_back(forwarded_discover());
    }
    BOOST_TEST(!red->with_relay([](relay::Relay& relay) { return relay.last_answer().has_value(); }));
    red->with_relay([](relay::Relay& relay) { relay.hold(false); });
    for (const auto& discover : sent) {
        BOOST_TEST(raw->answer_to(discover).has_value());
    }
    std::vector<std::uint32_t> answered;
    for (const auto& frame : raw->frames()) {
        if (frame.message.op == 2) {
            answered.push_back(frame.message.xid);
        }
    }
    std::vector<std::uint32_t> asked;
    for (const auto& discover : sent) {
        asked.push_back(discover.xid);
    }
    BOOST_TEST(answered == asked, boost::test_tools::per_element());
    BOOST_TEST(red->with_relay([](relay::Relay& relay) { return relay.last_answer().has_value(); }));
    BOOST_TEST(raw->discover().has_value());
}

BOOST_FIXTURE_TEST_CASE(nothing_is_lost_while_kea_reads_its_configuration, Served)
{
    red->open(eth1);
    constexpr std::uint64_t count = 1000;
    constexpr std::uint64_t outstanding = 50; // as many as Kea's socket takes with ease
    const auto delivered = [&] { return red->counters().ports.at(eth1.index).v4.delivered(MessageType::offer); };
    auto clients = std::async(std::launch::async, [&, discover = raw->message(type::discover)]() mutable {
        const TenantSocket tenant(client.fd());
        for (std::uint64_t number = 0; number < count; ++number) {
            ++discover.xid;
            tenant.broadcast(discover.encode());
            if (!eventually([&] { return delivered() + outstanding > number; })) {
                return number;
            }
        }
        return count;
    });
    int reloads = 0;
    while (clients.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        red->with_relay([](relay::Relay& relay) { relay.hold(true); });
        red->drain();
        const auto length = red->kea().output().size();
        red->kea().signal(SIGHUP);
        BOOST_REQUIRE(eventually(
            [&] { return red->kea().output().find("DYNAMIC_RECONFIGURATION_SUCCESS", length) != std::string::npos; }));
        red->with_relay([](relay::Relay& relay) { relay.hold(false); });
        BOOST_TEST(eventually([&, before = delivered()] { return delivered() > before + 20 || delivered() == count; }));
        ++reloads;
    }
    BOOST_TEST(clients.get() == count);
    BOOST_TEST(eventually([&] { return delivered() == count; }), delivered());
    BOOST_TEST(reloads > 3);
}

// Kea may read a million leases, or be replaced over it.
BOOST_FIXTURE_TEST_CASE(what_is_held_waits_for_a_server_that_begins_anew, Served)
{
    red->open(eth1);
    red->with_relay([](relay::Relay& relay) { relay.hold(true); });
    const auto discover = forwarded_discover();
    red->with_relay([](relay::Relay& relay) {
        relay.set_serving(false);
        relay.hold(false);
    });
    raw->broadcast(raw->message(type::discover)); // there is no server for this one
    BOOST_TEST(
        eventually([&] { return red->counters().ports.at(eth1.index).v4.dropped(relay::DropReason::no_server) == 1; }));
    BOOST_TEST(red->with_relay([](relay::Relay& relay) { return relay.held(); }) == 1U);
    red->with_relay([](relay::Relay& relay) { relay.set_serving(true); });
    BOOST_TEST(raw->answer_to(discover).has_value());
    BOOST_TEST(red->with_relay([](relay::Relay& relay) { return relay.held(); }) == 0U);
}

BOOST_FIXTURE_TEST_CASE(what_is_held_for_too_long_is_counted_and_nothing_goes_into_the_gap, RelayLab)
{
    ClientNamespace client;
    network.add_client_interface("eth1", "", "192.168.1.1/24", client, client_mac);
    RelayDomain::Options options;
    options.name = "red";
    options.pools = {{"192.168.1.0/24", "192.168.1.100 - 192.168.1.120"}};
    options.hold_time = std::chrono::milliseconds(100);
    RelayDomain red(thread, *io, hub, options);
    const auto port = red.port("eth1", {"192.168.1.1/24"});
    red.open(port);
    const auto no_server = [&] { return red.counters().ports.at(port.index).v4.dropped(relay::DropReason::no_server); };
    red.with_relay([](relay::Relay& relay) { relay.hold(true); });
    RawClient raw(client.fd(), "eth0", client_mac);
    raw.broadcast(raw.message(type::discover));
    BOOST_TEST(eventually([&] { return no_server() == 1; }));
    raw.broadcast(raw.message(type::discover)); // the hold has not ended yet
    BOOST_TEST(eventually([&] { return no_server() == 2; }));
    BOOST_TEST(!red.with_relay([](relay::Relay& relay) { return relay.last_answer().has_value(); }));
    red.with_relay([](relay::Relay& relay) { relay.hold(false); });
    auto discover = raw.message(type::discover);
    discover.broadcast = true;
    raw.broadcast(discover);
    BOOST_TEST(raw.answer_to(discover).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_hold_that_is_asked_for_again_and_again_lasts_no_longer, RelayLab)
{
    ClientNamespace client;
    network.add_client_interface("eth1", "", "192.168.1.1/24", client, client_mac);
    RelayDomain::Options options;
    options.name = "red";
    options.hold_time = std::chrono::seconds(1);
    RelayDomain red(thread, *io, hub, options);
    const auto port = red.port("eth1", {"192.168.1.1/24"});
    red.open(port);
    const auto hold = [&] { red.with_relay([](relay::Relay& relay) { relay.hold(true); }); };
    hold();
    RawClient raw(client.fd(), "eth0", client_mac);
    raw.broadcast(raw.message(type::discover));
    BOOST_TEST(eventually([&] {
        hold();
        return red.counters().ports.at(port.index).v4.dropped(relay::DropReason::no_server) == 1;
    }));
}

BOOST_FIXTURE_TEST_CASE(what_does_not_come_from_kea_is_dropped_at_the_uplink, Served)
{
    red->open(eth1);
    // A well-formed answer from Kea's namespace, but from another port than Kea's.
    DhcpMessage forged = raw->message(type::offer);
    forged.op = 2;
    forged.giaddr = ip("192.168.1.1");
    forged.yiaddr = ip("192.168.1.66");
    red->send_from_kea_namespace(forged.encode(), ip("192.168.1.1"));
    const auto dropped = [&] {
        return red->counters().uplink_drops.at(static_cast<std::size_t>(relay::DropReason::not_from_server));
    };
    BOOST_TEST(eventually([&] { return dropped() == 1; }));
    BOOST_TEST(!red->with_relay([](relay::Relay& relay) { return relay.last_answer().has_value(); }));
}

BOOST_FIXTURE_TEST_CASE(a_port_whose_interface_vanished_is_reported_and_closed, Served)
{
    red->open(eth1);
    red->with_relay([](relay::Relay& relay) { relay.hold(true); });
    forwarded_discover();
    network.remove("eth1");
    red->with_relay([](relay::Relay& relay) { relay.hold(false); });
    BOOST_TEST(eventually([&] { return red->failures().size() == 1; }));
    BOOST_TEST(red->failures().at(0) == "port eth1: its interface is gone: No such device");
    BOOST_TEST(!red->with_relay([&](relay::Relay& relay) { return relay.port_open(eth1.index); }));
}

BOOST_FIXTURE_TEST_CASE(the_end_of_run_closes_every_socket, Served)
{
    red->open(eth1);
    BOOST_TEST(raw->discover().has_value());
    red->stop();
    BOOST_TEST(keavrf::netns::open_udp_socket({"eth1", keavrf::Ipv4Address(), 67, false}).has_value());
    const keavrf::netns::UdpBinding uplink{"red", keavrf::Ipv4Address(), 68, false};
    BOOST_TEST(keavrf::netns::open_udp_socket_in(hub.fd(), uplink).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_observer_is_told_of_every_message, Served)
{
    red->open(eth1);
    std::vector<std::string> seen;
    red->with_relay([&](relay::Relay& relay) {
        relay.set_observer([&seen](const relay::ExchangeEvent& event) {
            const auto up = event.direction == relay::ExchangeEvent::Direction::to_server;
            seen.push_back((up ? "> " : "< ") + event.vrf.str() + " " + std::string(event.interface) + " " +
                           event.client + " " + std::string(keavrf::dhcp::name(event.type)) + " " +
                           (event.dropped ? std::string(relay::name(*event.dropped)) : std::string("relayed")) +
                           (event.answer_time ? " timed" : ""));
        });
    });
    auto spoofed = raw->message(type::discover);
    spoofed.giaddr = ip("192.168.1.1");
    raw->broadcast(spoofed);
    auto discover = raw->message(type::discover);
    discover.broadcast = true;
    raw->broadcast(discover);
    BOOST_REQUIRE(raw->answer_to(discover));
    red->with_relay([](relay::Relay& relay) { relay.set_observer({}); });
    const std::vector<std::string> expected{"> red eth1 02:00:00:00:00:01 discover spoofed-giaddr",
                                            "> red eth1 02:00:00:00:00:01 discover relayed",
                                            "< red eth1 02:00:00:00:00:01 offer relayed timed"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
