// What tenants may send, and what it costs: damaged, oversized, fragmented, doubled and looped messages, floods.
#include "fake_server.hpp"
#include "relay_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <future>

using namespace keavrf::test;

namespace {

using keavrf::dhcp::MessageType;
namespace relay = keavrf::relay;

const auto client_mac = mac("02:00:00:00:00:01");

RelayDomain::Options options(const std::string& name, unsigned slot)
{
    RelayDomain::Options options;
    options.name = name;
    options.slot = slot;
    options.pools = {{"192.168.1.0/24", "192.168.1.100 - 192.168.1.200"}};
    return options;
}

// Two tenants with the same addresses and the same client; red is the one that misbehaves.
struct TwoTenants : RelayLab {
    TwoTenants()
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", red_client, client_mac);
        network.add_client_interface("eth2", "", "192.168.1.1/24", blue_client, client_mac);
        red.emplace(thread, *io, hub, options("red", 0));
        blue.emplace(thread, *io, hub, options("blue", 1));
        red->open(red->port("eth1", {"192.168.1.1/24"}));
        blue->open(blue->port("eth2", {"192.168.1.1/24"}));
        client.emplace(red_client.fd(), "eth0", client_mac);
        neighbour.emplace(blue_client.fd(), "eth0", client_mac);
    }
    static relay::FamilyCounters counted(RelayDomain& domain) { return domain.counters().ports.begin()->second.v4; }
    std::uint64_t dropped(relay::DropReason reason) { return counted(*red).dropped(reason); }

    ClientNamespace red_client;
    ClientNamespace blue_client;
    std::optional<RelayDomain> red;
    std::optional<RelayDomain> blue;
    std::optional<RawClient> client;
    std::optional<RawClient> neighbour;
};

// Total length, flags and offset, and a checksum that is right again (RFC 1071), in an IPv4 header behind Ethernet's.
void set_ip_fields(Bytes& frame, std::size_t length, std::uint16_t fragment)
{
    const auto put = [&](std::size_t at, std::size_t value) {
        frame.at(14 + at) = static_cast<std::uint8_t>(value >> 8U);
        frame.at(14 + at + 1) = static_cast<std::uint8_t>(value);
    };
    put(2, length);
    put(4, 0x4711); // identification
    put(6, fragment);
    put(10, 0);
    std::uint32_t sum = 0;
    for (std::size_t at = 14; at < 34; at += 2) {
        sum += static_cast<std::uint32_t>(frame[at]) << 8U | frame[at + 1];
    }
    put(10, ~((sum & 0xffffU) + (sum >> 16U)) & 0xffffU);
}

// The message's broadcast as frames of less than 800 bytes, in order (RFC 791 3.2).
std::vector<Bytes> fragmented(const DhcpMessage& message, const Mac& source)
{
    constexpr std::size_t headers = 14 + 20;
    constexpr std::size_t part = 96 * std::size_t{8};
    DhcpFrame frame;
    frame.source_mac = source;
    frame.destination_mac = broadcast_mac;
    frame.destination = ip("255.255.255.255");
    frame.source_port = 68;
    frame.destination_port = 67;
    frame.message = message;
    const auto whole = frame.encode();
    std::vector<Bytes> fragments;
    for (std::size_t at = headers; at < whole.size(); at += part) {
        const auto size = std::min(part, whole.size() - at);
        Bytes fragment(whole.begin(), whole.begin() + headers);
        fragment.insert(fragment.end(), whole.begin() + static_cast<std::ptrdiff_t>(at),
                        whole.begin() + static_cast<std::ptrdiff_t>(at + size));
        const bool more = at + size < whole.size();
        set_ip_fields(fragment, size + 20, static_cast<std::uint16_t>((more ? 0x2000U : 0U) | (at - headers) / 8));
        fragments.push_back(std::move(fragment));
    }
    return fragments;
}

Bytes cut(Bytes bytes, std::size_t size)
{
    bytes.resize(size);
    return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_hostile)

BOOST_FIXTURE_TEST_CASE(damaged_messages_are_dropped_by_reason_and_harm_nobody, TwoTenants)
{
    const TenantSocket tenant(red_client.fd());
    const auto good = client->message(type::discover).encode();
    auto looped = client->message(type::discover);
    looped.hops = 16;
    auto past_the_end = good;
    past_the_end[240] = 53;
    past_the_end[241] = 255;
    auto no_cookie = good;
    no_cookie[236] = 0;
    auto long_address = good;
    long_address[2] = 17;
    for (const auto& bytes :
         {Bytes{}, Bytes{1}, cut(good, 100), cut(good, 239), no_cookie, past_the_end, long_address}) {
        tenant.broadcast(bytes);
    }
    tenant.broadcast(cut(good, 240)); // header and cookie: BOOTP
    tenant.broadcast(looped.encode());
    tenant.broadcast(cut(good, 20000));
    tenant.broadcast(Bytes(60000, 0xff));
    BOOST_REQUIRE_MESSAGE(client->acquire(), red->kea().output()); // came behind them
    BOOST_TEST(dropped(relay::DropReason::malformed) == 7U);
    BOOST_TEST(dropped(relay::DropReason::bootp) == 1U);
    BOOST_TEST(dropped(relay::DropReason::hops) == 1U);
    BOOST_TEST(dropped(relay::DropReason::truncated) == 2U);
    BOOST_TEST(neighbour->acquire().has_value());
    BOOST_TEST(counted(*blue).drops == decltype(relay::FamilyCounters::drops){});
}

// Its interface transmits next to nothing, so what Kea answers piles up there, until no more of it is taken.
BOOST_FIXTURE_TEST_CASE(a_tenant_whose_interface_is_slow_keeps_nobody_elses_answers, TwoTenants)
{
    Program slow(
        {"tc", "qdisc", "add", "dev", "eth1", "root", "tbf", "rate", "100bit", "burst", "3000", "limit", "100000000"});
    BOOST_REQUIRE_MESSAGE(slow.wait_for_exit() == 0, slow.errors());
    const TenantSocket tenant(red_client.fd());
    auto discover = client->message(type::discover);
    const auto flood_until_full = [&] {
        for (unsigned number = 0; number < 100; ++number) {
            ++discover.xid;
            discover.chaddr[4] = static_cast<std::uint8_t>(discover.xid >> 8U);
            discover.chaddr[5] = static_cast<std::uint8_t>(discover.xid);
            tenant.broadcast(discover.encode());
        }
        return dropped(relay::DropReason::send_failed) > 0;
    };
    BOOST_REQUIRE(eventually(flood_until_full));
    BOOST_TEST(neighbour->acquire(false).has_value()); // without the broadcast flag: by frames
    BOOST_TEST(counted(*blue).drops == decltype(relay::FamilyCounters::drops){});
}

BOOST_FIXTURE_TEST_CASE(a_fragmented_message_is_put_together_and_passes_without_option_82, TwoTenants)
{
    auto discover = client->message(type::discover);
    discover.broadcast = true;
    TenantSocket(red_client.fd()).broadcast(cut(discover.encode(), 3000)); // padded beyond the MTU
    BOOST_REQUIRE_MESSAGE(client->answer_to(discover), red->kea().output());
    const auto counters = counted(*red);
    BOOST_TEST(counters.forwarded(MessageType::discover) == 1U);
    BOOST_TEST(counters.option82_overflow == 1U); // RFC 3046 2.1: not into what is longer than allowed already
    BOOST_TEST(red->counters().uplink_drops == decltype(relay::RelayCounters::uplink_drops){});

    auto full = client->message(type::discover);
    full.broadcast = true;
    for (std::uint8_t code = 224; code < 236; ++code) {
        full.add(code, Bytes(250, code));
    }
    TenantSocket(red_client.fd()).broadcast(full.encode());
    BOOST_REQUIRE_MESSAGE(client->answer_to(full), red->kea().output());
    BOOST_TEST(counted(*red).option82_overflow == 2U);
}

// Cut by hand: the last part first, and each of them twice.
BOOST_FIXTURE_TEST_CASE(fragments_may_come_in_any_order_and_more_than_once, TwoTenants)
{
    auto discover = client->message(type::discover);
    discover.broadcast = true;
    for (std::uint8_t code = 224; code < 232; ++code) {
        discover.add(code, Bytes(250, code));
    }
    auto fragments = fragmented(discover, client_mac);
    BOOST_TEST(fragments.size() == 3U);
    std::reverse(fragments.begin(), fragments.end());
    for (const auto& fragment : fragments) {
        client->send(fragment);
        client->send(fragment);
    }
    BOOST_REQUIRE_MESSAGE(client->answer_to(discover), red->kea().output());
    // One that never becomes whole holds nobody up.
    const auto lonely = fragmented(discover, client_mac);
    client->send(lonely.front());
    BOOST_TEST(client->discover().has_value());
    BOOST_TEST(counted(*red).forwarded(MessageType::discover) == 2U);
    BOOST_TEST(counted(*red).drops == decltype(relay::FamilyCounters::drops){});
}

BOOST_FIXTURE_TEST_CASE(a_message_that_comes_twice_is_answered_twice, TwoTenants)
{
    auto discover = client->message(type::discover);
    discover.broadcast = true;
    client->broadcast(discover);
    client->broadcast(discover);
    BOOST_TEST(client->answer_to(discover).has_value());
    BOOST_TEST(client->answer_to(discover).has_value());
    BOOST_TEST(counted(*red).forwarded(MessageType::discover) == 2U);
    BOOST_TEST(counted(*red).delivered(MessageType::offer) == 2U);
}

BOOST_FIXTURE_TEST_CASE(what_the_socket_has_no_room_for_is_counted, TwoTenants)
{
    const TenantSocket tenant(red_client.fd());
    const auto discover = client->message(type::discover).encode();
    constexpr std::uint64_t sent = 4000;
    std::promise<void> flooded;
    // The relay's thread stands still meanwhile.
    auto standing = std::async(std::launch::async,
                               [&, until = flooded.get_future()]() mutable { thread.run([&] { until.wait(); }); });
    for (std::uint64_t number = 0; number < sent; ++number) {
        tenant.broadcast(discover);
        if (number % 32 == 0) {
            static_cast<void>(client->frames()); // it hears them too, and has a buffer
        }
    }
    flooded.set_value();
    standing.get();
    BOOST_REQUIRE(client->discover()); // tells how much was lost before it
    const auto counters = counted(*red);
    BOOST_TEST(counters.dropped(relay::DropReason::socket_full) > 0U);
    BOOST_TEST(counters.dropped(relay::DropReason::socket_full) + counters.dropped(relay::DropReason::server_busy) +
                   counters.forwarded(MessageType::discover) >=
               sent);
    BOOST_TEST(counted(*blue).dropped(relay::DropReason::socket_full) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_flood_costs_no_other_tenant, TwoTenants)
{
    std::atomic<bool> over{false};
    auto flood = std::async(std::launch::async, [&, socket = red_client.fd()] {
        const TenantSocket tenant(socket);
        auto message = client->message(type::discover);
        while (!over) {
            ++message.xid;
            message.chaddr[5] = static_cast<std::uint8_t>(message.xid);
            tenant.broadcast(message.encode());
        }
    });
    const auto relayed = [&] { return counted(*red).forwarded(MessageType::discover); };
    BOOST_TEST(eventually([&] { return relayed() > 1000; }));
    const auto before = relayed();
    for (int round = 0; round < 3; ++round) {
        BOOST_TEST(neighbour->acquire().has_value());
    }
    BOOST_TEST(eventually([&] { return relayed() > before; })); // it still goes on
    over = true;
    flood.get();
    BOOST_TEST(counted(*blue).drops == decltype(relay::FamilyCounters::drops){});
    for (const auto& frame : neighbour->frames()) {
        BOOST_TEST(to_string(frame.message.chaddr) == to_string(client_mac));
    }
}

BOOST_AUTO_TEST_SUITE_END()
