// Messages that are unusual, and allowed or nearly so, through a real Kea: each is answered, or counted by its reason.
#include "fake_server.hpp"
#include "relay_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace keavrf::test;

namespace {

namespace relay = keavrf::relay;
using relay::DropReason;

const auto client_mac = mac("02:00:00:00:00:01");
constexpr std::size_t options_begin = 240;

// One client interface, which is trusted.
struct Trusted : RelayLab {
    Trusted()
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", client, client_mac);
        RelayDomain::Options options;
        options.name = "red";
        options.pools = {{"192.168.1.0/24", "192.168.1.100 - 192.168.1.200"}};
        red.emplace(thread, *io, hub, options);
        port = red->port("eth1", {"192.168.1.1/24"});
        port.relay.trusted = true;
        port.relay.option82 = keavrf::config::Option82Policy::append;
        red->open(port);
        raw.emplace(client.fd(), "eth0", client_mac);
        tenant.emplace(client.fd());
    }
    // "offer 255.255.255.255 broadcast", or the reason; by the counters, which tell of it at once.
    std::string outcome(const Bytes& bytes, std::uint32_t xid)
    {
        const auto before = red->counters().ports.begin()->second.v4.drops;
        tenant->broadcast(bytes);
        const auto answer =
            raw->receive([&](const DhcpFrame& frame) { return frame.message.op == 2 && frame.message.xid == xid; },
                         Milliseconds(700));
        if (answer) {
            const bool to_all = answer->destination_mac == broadcast_mac;
            return std::to_string(int{answer->message.type()}) + (to_all ? " to all" : " to the client") +
                   (answer->message.option(option::relay_agent) != nullptr ? " with option 82" : "");
        }
        const auto after = red->counters().ports.begin()->second.v4.drops;
        for (std::size_t reason = 0; reason < after.size(); ++reason) {
            if (after.at(reason) != before.at(reason)) {
                return std::string(relay::name(static_cast<DropReason>(reason)));
            }
        }
        return "no answer";
    }

    ClientNamespace client;
    std::optional<RelayDomain> red;
    relay::PortConfig port;
    std::optional<RawClient> raw;
    std::optional<TenantSocket> tenant;
};

struct Case {
    const char* what;
    std::function<void(DhcpMessage&)> message;
    std::function<void(Bytes&)> bytes;
    const char* outcome;
};

void set_type(DhcpMessage& message, std::uint8_t type)
{
    message.options.front().second = {type};
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_odd)

BOOST_FIXTURE_TEST_CASE(unusual_messages_are_answered_or_counted, Trusted)
{
    const auto nothing = [](auto&) {};
    const std::vector<Case> cases{
        {"as ever", nothing, nothing, "2 to the client"},
        {"InfiniBand, hlen 16", [](DhcpMessage& m) { m.broadcast = true; }, [](Bytes& b) { b[1] = 32, b[2] = 16; },
         "2 to all"},
        {"no hardware address (RFC 4390)",
         [](DhcpMessage& m) {
             m.add(61, {0, 1, 2}), m.chaddr = {}, m.broadcast = true;
         },
         [](Bytes& b) { b[1] = 32, b[2] = 0; }, "2 to all"},
        {"secs and the reserved flags", [](DhcpMessage& m) { m.secs = 0xffff; },
         [](Bytes& b) { b[10] |= 0x7f, b[11] = 0xff; }, "2 to the client"},
        {"the last hop", [](DhcpMessage& m) { m.hops = 15; }, nothing, "2 to the client"},
        {"a hop too many", [](DhcpMessage& m) { m.hops = 16; }, nothing, "hops"},
        {"INFORM without an address", [](DhcpMessage& m) { set_type(m, type::inform); }, nothing, "5 to all"},
        {"INFORM with one of another subnet",
         [](DhcpMessage& m) { set_type(m, type::inform), m.ciaddr = ip("172.20.0.5"); }, nothing, "5 to the client"},
        {"FORCERENEW", [](DhcpMessage& m) { set_type(m, 9); }, nothing, "no answer"},
        {"LEASEQUERY without giaddr", [](DhcpMessage& m) { set_type(m, 10); }, nothing, "leasequery"},
        {"LEASEQUERY of a relay", [](DhcpMessage& m) { set_type(m, 10), m.giaddr = ip("192.168.1.9"); }, nothing,
         "no answer"},
        {"an unknown type", [](DhcpMessage& m) { set_type(m, 200); }, nothing, "no answer"},
        {"an ACK in a request", [](DhcpMessage& m) { set_type(m, type::ack); }, nothing, "no answer"},
        {"DISCOVER with ciaddr", [](DhcpMessage& m) { m.ciaddr = ip("192.168.1.77"); }, nothing, "2 to the client"},
        {"an empty option 82", [](DhcpMessage& m) { m.add(82, Bytes{}); }, nothing, "2 to the client"},
        {"two options 82",
         [](DhcpMessage& m) {
             m.add(82, {1, 1, 65}), m.add(82, {2, 1, 66});
         },
         nothing, "2 to the client with option 82"},
        {"bytes behind End", nothing, [](Bytes& b) { b.resize(400, 0x41); }, "2 to the client"},
        {"no End", nothing, [](Bytes& b) { b.resize(options_begin + 3 + 5); }, "2 to the client"},
        {"as long as the MTU", nothing, [](Bytes& b) { b.resize(1472); }, "2 to the client"},
        {"longer than the MTU", nothing, [](Bytes& b) { b.resize(1473); }, "2 to the client"},
        {"a relay of a net that Kea does not serve", [](DhcpMessage& m) { m.giaddr = ip("8.8.8.8"); }, nothing,
         "no answer"},
        {"giaddr of the pair", [](DhcpMessage& m) { m.giaddr = ip("169.254.1.1"); }, nothing, "bad-address"},
    };
    for (const auto& [what, change, damage, expected] : cases) {
        auto message = raw->message(type::discover);
        change(message);
        auto bytes = message.encode();
        damage(bytes);
        BOOST_TEST(outcome(bytes, message.xid) == expected, what);
    }
}

BOOST_AUTO_TEST_SUITE_END()
