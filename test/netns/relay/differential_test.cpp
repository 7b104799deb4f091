// What servers and clients see of keavrfd's relay and of ISC dhcrelay and dnsmasq must be the same, but for the
// differences named here, each with the rule that asks for it. A difference that is not seen any more is an error too.
#include "differential.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::test;

namespace {

using keavrf::Ipv4Address;

constexpr auto leased = "192.168.1.100";

constexpr std::array peers{Peer::dhcrelay, Peer::dnsmasq};

// In what a message may differ, with the RFC that wants it so.
struct Allowed {
    Difference difference = {};
    const char* why = "";
};

struct Case {
    const char* what;
    std::uint8_t type;
    std::function<void(DhcpMessage&)> change;
    Allowed from_dhcrelay = {};
    Allowed from_dnsmasq = {};
};

const Allowed& allowed(const Case& each, Peer peer)
{
    return peer == Peer::dhcrelay ? each.from_dhcrelay : each.from_dnsmasq;
}

void check(const Difference& found, const Case& each, Peer peer)
{
    const auto& [difference, why] = allowed(each, peer);
    BOOST_TEST(joined(found) == joined(difference), each.what << " (" << why << "): " << joined(found));
}

const std::vector<Case>& requests()
{
    static const auto option82 = Bytes{1, 1, 65};
    // RFC 3046 2.1: a relay agent that adds it; dnsmasq is one that does not.
    static const Allowed without{{"option 82"}, "RFC 3046 2.1"};
    static const Allowed refused{{"ours 0, theirs 1"}, "RFC 3046 2.1: only from a trusted circuit"};
    static const std::vector<Case> cases{
        {"DISCOVER", type::discover, [](auto&) {}, {}, without},
        {"DISCOVER, broadcast flag and secs",
         type::discover,
         [](auto& m) { m.broadcast = true, m.secs = 9; },
         {},
         without},
        {"REQUEST for an offer",
         type::request,
         [](auto& m) { m.add(option::requested_address, ip(leased)), m.add(option::server_id, ip("192.0.2.9")); },
         {},
         without},
        {"REQUEST, the relay in option 54",
         type::request,
         [](auto& m) { m.add(option::server_id, ip("192.168.1.1")); },
         {{"option 54"}, "RFC 5107 4: the client knows the relay as its server; Kea knows itself"},
         {{"option 54", "option 82"}, "the same; RFC 3046 2.1"}},
        {"rebinding", type::request, [](auto& m) { m.ciaddr = ip(leased); }, {}, without},
        {"INFORM", type::inform, [](auto& m) { m.ciaddr = ip(leased); }, {}, without},
        {"RELEASE", type::release, [](auto& m) { m.ciaddr = ip(leased); }, {}, without},
        {"DECLINE", type::decline, [](auto& m) { m.add(option::requested_address, ip(leased)); }, {}, without},
        {"options that nobody knows",
         type::discover,
         [](auto& m) { m.add(224, Bytes(200, 7)), m.add(97, Bytes{}); },
         {},
         without},
        {"hops 3", type::discover, [](auto& m) { m.hops = 3; }, {}, without},
        {"hops 12",
         type::discover,
         [](auto& m) { m.hops = 12; },
         {{"ours 1, theirs 0"}, "RFC 1542 4.1.1: up to 16; dhcrelay's limit is 10 unless told"},
         without},
        {"hops 16",
         type::discover,
         [](auto& m) { m.hops = 16; },
         {},
         {{"ours 0, theirs 1"}, "RFC 1542 4.1.1: with 17 nobody behind us may take it"}},
        {"giaddr of another relay", type::discover, [](auto& m) { m.giaddr = ip("10.50.0.1"); }, refused, refused},
        {"giaddr of the relay itself", type::discover, [](auto& m) { m.giaddr = ip("192.168.1.1"); }},
        {"option 82 of the client's own", type::discover, [](auto& m) { m.add(option::relay_agent, option82); },
         refused, refused},
        {"ciaddr 127.0.0.1",
         type::request,
         [](auto& m) { m.ciaddr = ip("127.0.0.1"); },
         {{"ours 0, theirs 1"}, "RFC 1122 3.2.1.3: no address that a host on a link can have"},
         {}},
        {"BOOTREPLY from a client", type::offer, [](auto& m) { m.op = 2; }},
    };
    return cases;
}

const std::vector<Case>& answers()
{
    static const Allowed server{{"option 54"}, "RFC 5107 4: renewals have to reach the relay"};
    static const std::vector<Case> cases{
        {"OFFER", type::offer, [](auto&) {}, server, server},
        {"OFFER, broadcast flag", type::offer, [](auto& m) { m.broadcast = true; }, server, server},
        {"ACK", type::ack, [](auto&) {}, server, server},
        {"ACK to a renewal", type::ack, [](auto& m) { m.ciaddr = m.yiaddr; }, server, server},
        {"NAK without the broadcast flag",
         type::nak,
         [](auto& m) { m.yiaddr = Ipv4Address(); },
         {{"option 54", "hardware address", "destination"},
          "RFC 2131 4.3.2: broadcast, the client may not have its address any more"},
         {{"ours 1, theirs 0"}, "the same; dnsmasq sends it to yiaddr, which is 0.0.0.0"}},
        {"no option 82 in it", type::offer,
         [](auto& m) { std::erase_if(m.options, [](const auto& each) { return each.first == option::relay_agent; }); },
         server, server},
        {"giaddr of nobody",
         type::offer,
         [](auto& m) { m.giaddr = ip("10.9.9.9"); },
         {{"ours 0, theirs 1"}, "RFC 1542 4.1.2: MUST be discarded"},
         {}},
        {"a request from the server", type::discover, [](auto& m) { m.op = 1; }},
    };
    return cases;
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_beside_others)

BOOST_DATA_TEST_CASE_F(Both, servers_hear_the_same, peers, peer)
{
    start(peer);
    for (const auto& each : requests()) {
        auto message = ours.client->message(each.type);
        each.change(message);
        check(of_request(message), each, peer);
    }
}

BOOST_DATA_TEST_CASE_F(Both, clients_hear_the_same, peers, peer)
{
    start(peer);
    for (const auto& each : answers()) {
        check(of_answer(each.type, ip(leased), each.change), each, peer);
    }
}

BOOST_AUTO_TEST_SUITE_END()
