// Nothing is lost without being counted, and nothing is counted twice: what a relay reads it has forwarded, delivered,
// dropped for a reason, or holds.
#include "fake_server.hpp"
#include "relay_lab.hpp"
#include "support/generator.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <fstream>
#include <future>
#include <numeric>
#include <sstream>

using namespace keavrf::test;

namespace {

namespace relay = keavrf::relay;
using keavrf::InterfaceIndex;
using keavrf::Ipv4Address;
using relay::DropReason;

const auto eth1_mac = mac("02:00:00:00:00:01");
const auto eth2_mac = mac("02:00:00:00:00:02");

template <class Counters>
std::uint64_t sum(const Counters& counters)
{
    return std::accumulate(counters.begin(), counters.end(), std::uint64_t{0});
}

std::uint64_t requests_of(const relay::RelayCounters& counters)
{
    std::uint64_t all = 0;
    for (const auto& [index, port] : counters.ports) {
        all += sum(port.v4.to_server);
    }
    return all;
}

// Everything that is known of what was read.
std::uint64_t accounted_for(const relay::Relay& relay)
{
    const auto& counters = relay.counters();
    auto all = requests_of(counters) + sum(counters.uplink_drops) + relay.held();
    for (const auto& [index, port] : counters.ports) {
        all += sum(port.v4.to_client) + sum(port.v4.drops);
    }
    return all;
}

// Bytes that wait in the sockets on port 67 of this namespace.
std::uint64_t waiting_on_port_67()
{
    std::ifstream table("/proc/thread-self/net/udp");
    std::uint64_t bytes = 0;
    for (std::string line; std::getline(table, line);) {
        std::istringstream words(line);
        std::string number;
        std::string local;
        std::string remote;
        std::string state;
        std::string queues; // tx:rx
        words >> number >> local >> remote >> state >> queues;
        if (local.ends_with(":0043")) {
            bytes += std::stoull(queues.substr(queues.find(':') + 1), nullptr, 16);
        }
    }
    return bytes;
}

// eth1, and eth2 where downstream relays are trusted; a server that says what the test wants.
struct Counted : RelayLab {
    Counted() : hub_network(hub.fd())
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", behind_eth1, eth1_mac);
        network.add_client_interface("eth2", "", "10.2.0.1/24", behind_eth2, eth2_mac);
        RelayDomain::Options options;
        options.name = "red";
        options.with_kea = false;
        options.hold_limits.messages = 6;
        red.emplace(thread, *io, hub, options);
        eth1 = red->port("eth1", {"192.168.1.1/24"});
        auto eth2 = red->port("eth2", {"10.2.0.1/24"});
        eth2.relay.trusted = true;
        red->open(eth1);
        red->open(eth2);
        server.emplace(*red);
        clients.emplace_back(behind_eth1.fd(), "eth0", eth1_mac);
        clients.emplace_back(behind_eth2.fd(), "eth0", eth2_mac);
        sockets.emplace_back(behind_eth1.fd());
        sockets.emplace_back(behind_eth2.fd());
    }

    void hold(bool holding)
    {
        red->with_relay([holding](relay::Relay& relay) { relay.hold(holding); });
    }
    std::uint64_t accounted()
    {
        return red->with_relay([](relay::Relay& relay) { return accounted_for(relay); });
    }
    // Until the relay has accounted for all that was sent to it. What it forwarded is taken from the server's socket.
    bool settles()
    {
        const bool settled = eventually([&] { return accounted() == read; });
        for (const auto all = requests_of(red->counters()); forwarded < all; ++forwarded) {
            auto request = server->receive();
            BOOST_REQUIRE(request);
            heard.push_back(*request);
        }
        static_cast<void>(clients[0].frames());
        static_cast<void>(clients[1].frames());
        return settled;
    }
    std::string in_words()
    {
        std::ostringstream text;
        const auto counters = red->counters();
        text << "read " << read << ", accounted for " << accounted() << ": forwarded " << requests_of(counters)
             << ", uplink drops " << sum(counters.uplink_drops);
        for (const auto& [index, port] : counters.ports) {
            text << "; " << port.name << ": delivered " << sum(port.v4.to_client);
            for (std::size_t reason = 0; reason < relay::drop_reason_count; ++reason) {
                if (port.v4.drops.at(reason) != 0) {
                    text << ", " << relay::name(static_cast<DropReason>(reason)) << " " << port.v4.drops.at(reason);
                }
            }
        }
        return text.str();
    }
    std::uint64_t dropped(DropReason reason)
    {
        const auto counters = red->counters();
        auto all = counters.uplink_drops.at(static_cast<std::size_t>(reason));
        for (const auto& [index, port] : counters.ports) {
            all += port.v4.dropped(reason);
        }
        return all;
    }

    Network hub_network;
    ClientNamespace behind_eth1;
    ClientNamespace behind_eth2;
    std::optional<RelayDomain> red;
    relay::PortConfig eth1;
    std::optional<FakeServer> server;
    std::vector<RawClient> clients;
    std::vector<TenantSocket> sockets;
    std::uint64_t read = 0;      // what the relay has been sent
    std::uint64_t forwarded = 0; // what the server took
    std::deque<DhcpMessage> heard;
};

// One random event a step, of those that may happen to a relay.
struct Turmoil : Counted {
    explicit Turmoil(std::uint64_t seed = 1) : random(seed) {}

    void step()
    {
        switch (random.below(40)) {
        case 0:
            holding = !holding;
            hold(holding);
            break;
        case 1:
            serving = !serving;
            red->with_relay([this](relay::Relay& relay) { relay.set_serving(serving); });
            break;
        case 2:
            toggle(network, "eth1", Network(behind_eth1.fd()), "eth0", port_up);
            break;
        case 3:
            toggle(hub_network, "red", Network(red->kea_namespace()), "kea0", uplink_up);
            break;
        default:
            if (random.chance(60)) {
                ask();
            } else {
                answer();
            }
        }
    }
    // Until both ends run: what is sent before goes nowhere, and nobody says so.
    static void toggle(Network& where, const std::string& name, Network other_end, const std::string& peer, bool& up)
    {
        up = !up;
        if (up) {
            where.up(name);
            BOOST_REQUIRE(eventually([&] { return where.link(name).running() && other_end.link(peer).running(); }));
        } else {
            where.down(name);
        }
    }
    void ask()
    {
        const auto port = port_up ? random.below(2) : 1;
        auto message =
            clients[port].message(random.one_of<std::uint8_t>({type::discover, type::request, type::inform, 10}));
        message.broadcast = random.chance(50);
        message.hops = random.chance(10) ? 16 : 0;
        message.giaddr = Ipv4Address(random.one_of<std::uint32_t>({0, 0, 0, 0, 0xc0a80101U, 0x0a090909U}));
        message.ciaddr = Ipv4Address(random.one_of<std::uint32_t>({0, 0, 0, 0, 0, 0xc0a80132U, 0x7f000001U}));
        if (random.chance(10)) {
            message.add(option::relay_agent, Bytes{1, 1, 9});
        }
        auto bytes = message.encode();
        if (random.chance(10)) {
            bytes.resize(100);
        }
        sockets[port].broadcast(bytes);
        ++read;
    }
    void answer()
    {
        if (heard.empty() || !uplink_up) {
            return;
        }
        const auto asked = heard.front();
        auto answer = server->answer(asked, random.one_of<std::uint8_t>({type::offer, type::ack, type::nak}),
                                     ip("192.168.1.100"));
        answer.op = random.chance(10) ? 1 : 2;
        answer.giaddr = random.chance(10) ? ip("10.77.0.1") : answer.giaddr;
        auto bytes = answer.encode();
        if (random.chance(10)) {
            bytes.resize(30);
        }
        if (random.chance(80)) { // otherwise it is answered again
            heard.pop_front();
        }
        server->send(bytes, asked.giaddr);
        ++read;
    }

    Generator random;
    bool holding = false;
    bool serving = true;
    bool port_up = true;
    bool uplink_up = true;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_accounting)

BOOST_FIXTURE_TEST_CASE(whatever_happens_each_message_is_counted_once, Turmoil)
{
    for (int number = 0; number < 1500; ++number) {
        step();
        BOOST_REQUIRE_MESSAGE(settles(), "step " << number << ": " << in_words());
    }
    // It has seen what it is about.
    for (const auto reason : {DropReason::send_failed, DropReason::queue_full, DropReason::no_server,
                              DropReason::untrusted_relay, DropReason::unknown_giaddr, DropReason::malformed}) {
        BOOST_TEST(dropped(reason) > 0U, relay::name(reason));
    }
    BOOST_TEST_MESSAGE(in_words());
}

BOOST_FIXTURE_TEST_CASE(what_the_queue_refuses_leaves_no_exchange, Counted)
{
    hold(true);
    for (unsigned number = 0; number < 8; ++number) {
        auto discover = clients[0].message(type::discover);
        sockets[0].broadcast(discover.encode());
        ++read;
        BOOST_REQUIRE_MESSAGE(settles(), in_words());
    }
    BOOST_TEST(dropped(DropReason::queue_full) == 2U);
    hold(false);
    BOOST_REQUIRE(eventually([&] { return red->with_relay([](relay::Relay& relay) { return relay.held(); }) == 0; }));
    BOOST_REQUIRE_MESSAGE(settles(), in_words());
    BOOST_TEST(heard.size() == 6U);
}

// The interface is another tenant's by now: what was heard on it reaches no server, be it held or still in the socket.
BOOST_FIXTURE_TEST_CASE(what_was_heard_on_a_port_that_is_abandoned_goes_nowhere, Counted)
{
    hold(true);
    const auto discover = clients[0].message(type::discover).encode();
    for (int number = 0; number < 2; ++number) {
        sockets[0].broadcast(discover);
        ++read;
    }
    sockets[1].broadcast(clients[1].message(type::discover).encode()); // another port's
    ++read;
    BOOST_REQUIRE_MESSAGE(settles(), in_words());
    std::promise<void> reads_nothing;
    std::promise<void> all_there;
    auto abandoned = std::async(std::launch::async, [&] {
        return red->with_relay([&](relay::Relay& relay) {
            reads_nothing.set_value();
            all_there.get_future().wait();
            return relay.abandon_port(eth1.index);
        });
    });
    reads_nothing.get_future().wait();
    for (int number = 0; number < 3; ++number) {
        const auto before = waiting_on_port_67();
        sockets[0].broadcast(discover);
        BOOST_TEST(eventually([&] { return waiting_on_port_67() > before; }));
    }
    all_there.set_value();
    BOOST_TEST(abandoned.get() == 5U);
    BOOST_TEST(dropped(DropReason::moved) == 5U);
    BOOST_TEST(!red->with_relay([&](relay::Relay& relay) { return relay.port_open(eth1.index); }));
    BOOST_TEST(red->with_relay([&](relay::Relay& relay) { return relay.abandon_port(eth1.index); }) == 0U);

    hold(false);
    auto first = server->receive();
    BOOST_REQUIRE(first);
    BOOST_TEST((first->giaddr == ip("10.2.0.1")));
    red->open(eth1); // it is back
    auto again = clients[0].message(type::discover);
    sockets[0].broadcast(again.encode());
    const auto next = server->receive();
    BOOST_REQUIRE(next);
    BOOST_TEST(next->xid == again.xid);
}

// Who knows of a move is asked before a batch is read, and not after.
BOOST_FIXTURE_TEST_CASE(what_comes_after_a_move_is_not_read_before_it_is_known, Counted)
{
    bool moves = false;
    thread.run([&] {
        io->look_first = [&] {
            if (moves) {
                red->abandon_here(eth1.index);
            }
        };
    });
    auto discover = clients[0].message(type::discover);
    sockets[0].broadcast(discover.encode());
    BOOST_REQUIRE(server->receive());
    thread.run([&] { moves = true; });
    sockets[0].broadcast(discover.encode());
    BOOST_TEST(eventually([&] { return dropped(DropReason::moved) == 1; }));
    thread.run([&] { io->look_first = {}; });
    BOOST_TEST(requests_of(red->counters()) == 0U, "its counters go with the port");
    red->open(eth1);
    ++discover.xid;
    sockets[0].broadcast(discover.encode());
    const auto next = server->receive();
    BOOST_REQUIRE(next);
    BOOST_TEST(next->xid == discover.xid);
}

BOOST_AUTO_TEST_SUITE_END()
