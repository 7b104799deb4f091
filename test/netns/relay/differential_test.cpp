// The same client's messages through keavrfd's relay and through ISC dhcrelay, each to a server that only records; the
// same answers back. What server and client see must be the same, but for the differences named here, each with the
// rule that asks for it. A difference that is not seen any more is an error too.
#include "fake_server.hpp"
#include "relay_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

using namespace keavrf::test;

namespace {

using keavrf::Ipv4Address;
using Difference = std::set<std::string>;

const auto client_mac = mac("02:00:00:00:00:01");
constexpr auto leased = "192.168.1.100";

// One relay with a client and a server.
struct Side {
    ClientNamespace site;
    std::optional<RawClient> client;
    std::optional<FakeServer> server;
    std::uint32_t marker = 0x7f000000;

    // What the server got of a message: nothing, or what came before a plain DISCOVER sent behind it.
    std::vector<DhcpMessage> forwarded(const std::function<void()>& send)
    {
        send();
        auto plain = client->message(type::discover);
        plain.xid = ++marker;
        client->broadcast(plain);
        std::vector<DhcpMessage> heard;
        for (auto next = server->receive(); next; next = server->receive()) {
            if (next->xid == marker) {
                return heard;
            }
            heard.push_back(*next);
        }
        BOOST_FAIL("the relay forwards nothing any more");
        return heard;
    }
    // What the client got of an answer, likewise.
    std::vector<DhcpFrame> delivered(const DhcpMessage& request, const DhcpMessage& answer)
    {
        server->send(answer, ip("192.168.1.1"));
        auto last = server->answer(request, type::offer, ip("192.168.1.222"));
        last.giaddr = ip("192.168.1.1");
        last.xid = ++marker;
        last.broadcast = true;
        server->send(last, ip("192.168.1.1"));
        std::vector<DhcpFrame> heard;
        const auto frame = client->receive([&](const DhcpFrame& seen) {
            if (seen.message.op == 2 && seen.message.xid != marker) {
                heard.push_back(seen);
            }
            return seen.message.op == 2 && seen.message.xid == marker;
        });
        BOOST_REQUIRE_MESSAGE(frame, "the relay delivers nothing any more");
        return heard;
    }
};

struct Both : RelayLab {
    Both()
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", ours.site, client_mac);
        RelayDomain::Options options;
        options.name = "red";
        options.with_kea = false;
        red.emplace(thread, *io, hub, options);
        auto config = red->port("eth1", {"192.168.1.1/24"});
        config.relay.remote_id.clear(); // as dhcrelay: circuit-id alone, the interface's name
        red->open(config);
        ours.server.emplace(*red);
        ours.client.emplace(ours.site.fd(), "eth0", client_mac);
        start_theirs();
    }
    void start_theirs()
    {
        Network inside(router.fd());
        inside.add_client_interface("eth1", "", "192.168.1.1/24", theirs.site, client_mac);
        inside.add_veth("up", server, "eth0", mac("02:00:00:00:00:77"));
        inside.add_address("up", "10.0.0.1/24");
        Network behind(server.fd());
        behind.add_address("eth0", "10.0.0.2/24");
        behind.add_default_route("10.0.0.1", "eth0");
        theirs.server.emplace(server.fd(), ip("10.0.0.2"));
        theirs.client.emplace(theirs.site.fd(), "eth0", client_mac);
        ProgramOptions there;
        there.network_namespace = router.fd();
        dhcrelay.emplace(
            std::vector<std::string>{"dhcrelay", "-4", "-d", "--no-pid", "-a", "-i", "eth1", "-iu", "up", "10.0.0.2"},
            there);
        BOOST_REQUIRE(dhcrelay->says("Sending on   Socket/fallback"));
    }

    Side ours;
    Side theirs;
    std::optional<RelayDomain> red;
    ClientNamespace router;
    ClientNamespace server;
    std::optional<Program> dhcrelay;
};

std::string text(const Bytes* bytes)
{
    return bytes == nullptr ? "none" : std::string(bytes->begin(), bytes->end());
}

void compare(Difference& found, const DhcpMessage& ours, const DhcpMessage& theirs)
{
    const auto differs = [&](bool different, const std::string& what) {
        if (different) {
            found.insert(what);
        }
    };
    differs(ours.op != theirs.op || ours.xid != theirs.xid || ours.chaddr != theirs.chaddr, "op, xid or chaddr");
    differs(ours.hops != theirs.hops, "hops");
    differs(ours.secs != theirs.secs || ours.broadcast != theirs.broadcast, "secs or flags");
    differs(ours.ciaddr != theirs.ciaddr, "ciaddr");
    differs(ours.yiaddr != theirs.yiaddr || ours.siaddr != theirs.siaddr, "yiaddr or siaddr");
    differs(ours.giaddr != theirs.giaddr, "giaddr");
    differs(text(ours.option(option::server_id)) != text(theirs.option(option::server_id)), "option 54");
    differs(text(ours.option(option::relay_agent)) != text(theirs.option(option::relay_agent)), "option 82");
    const auto rest = [](const DhcpMessage& message) {
        auto options = message.options;
        std::erase_if(options, [](const auto& each) {
            return each.first == option::server_id || each.first == option::relay_agent;
        });
        return options;
    };
    differs(rest(ours) != rest(theirs), "other options");
}

void compare(Difference& found, const DhcpFrame& ours, const DhcpFrame& theirs)
{
    compare(found, ours.message, theirs.message);
    if (ours.destination_mac != theirs.destination_mac) {
        found.insert("hardware address");
    }
    if (ours.destination != theirs.destination) {
        found.insert("destination");
    }
    if (ours.source != theirs.source) {
        found.insert("source");
    }
}

template <class Seen>
Difference compare(const std::vector<Seen>& ours, const std::vector<Seen>& theirs)
{
    Difference found;
    if (ours.size() != theirs.size()) {
        return {"ours " + std::to_string(ours.size()) + ", theirs " + std::to_string(theirs.size())};
    }
    for (std::size_t at = 0; at < ours.size(); ++at) {
        compare(found, ours[at], theirs[at]);
    }
    return found;
}

std::string joined(const Difference& difference)
{
    std::string all;
    for (const auto& each : difference) {
        all += (all.empty() ? "" : "; ") + each;
    }
    return all;
}

// One message of a client's, and in what it may differ, with the RFC that wants it so.
struct Case {
    const char* what;
    std::uint8_t type;
    std::function<void(DhcpMessage&)> change;
    Difference expected;
    const char* why;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_beside_dhcrelay)

BOOST_FIXTURE_TEST_CASE(servers_hear_the_same, Both)
{
    const auto option82 = Bytes{1, 1, 65};
    const std::vector<Case> cases{
        {"DISCOVER", type::discover, [](auto&) {}, {}, ""},
        {"DISCOVER, broadcast flag and secs", type::discover, [](auto& m) { m.broadcast = true, m.secs = 9; }, {}, ""},
        {"REQUEST for an offer",
         type::request,
         [](auto& m) { m.add(option::requested_address, ip(leased)), m.add(option::server_id, ip("192.0.2.9")); },
         {},
         ""},
        {"REQUEST, the relay in option 54",
         type::request,
         [](auto& m) { m.add(option::server_id, ip("192.168.1.1")); },
         {"option 54"},
         "RFC 5107 4: the client knows the relay as its server; Kea knows itself"},
        {"rebinding", type::request, [](auto& m) { m.ciaddr = ip(leased); }, {}, ""},
        {"INFORM", type::inform, [](auto& m) { m.ciaddr = ip(leased); }, {}, ""},
        {"RELEASE", type::release, [](auto& m) { m.ciaddr = ip(leased); }, {}, ""},
        {"DECLINE", type::decline, [](auto& m) { m.add(option::requested_address, ip(leased)); }, {}, ""},
        {"options that nobody knows",
         type::discover,
         [](auto& m) { m.add(224, Bytes(200, 7)), m.add(97, Bytes{}); },
         {},
         ""},
        {"hops 3", type::discover, [](auto& m) { m.hops = 3; }, {}, ""},
        {"hops 12",
         type::discover,
         [](auto& m) { m.hops = 12; },
         {"ours 1, theirs 0"},
         "RFC 1542 4.1.1: up to 16; dhcrelay's limit is 10 unless told"},
        {"hops 16", type::discover, [](auto& m) { m.hops = 16; }, {}, ""},
        {"giaddr of another relay",
         type::discover,
         [](auto& m) { m.giaddr = ip("10.50.0.1"); },
         {"ours 0, theirs 1"},
         "RFC 3046 2.1: only from a trusted circuit"},
        {"giaddr of the relay itself", type::discover, [](auto& m) { m.giaddr = ip("192.168.1.1"); }, {}, ""},
        {"option 82 of the client's own",
         type::discover,
         [&](auto& m) { m.add(option::relay_agent, option82); },
         {"ours 0, theirs 1"},
         "RFC 3046 2.1: without giaddr from an untrusted circuit, SHALL be discarded"},
        {"ciaddr 127.0.0.1",
         type::request,
         [](auto& m) { m.ciaddr = ip("127.0.0.1"); },
         {"ours 0, theirs 1"},
         "RFC 1122 3.2.1.3: no address that a host on a link can have"},
        {"BOOTREPLY from a client", type::offer, [](auto& m) { m.op = 2; }, {}, ""},
    };
    for (const auto& [what, kind, change, expected, why] : cases) {
        auto message = ours.client->message(kind);
        change(message);
        const auto found = compare(ours.forwarded([&] { ours.client->broadcast(message); }),
                                   theirs.forwarded([&] { theirs.client->broadcast(message); }));
        BOOST_TEST(joined(found) == joined(expected), what << " (" << why << "): " << joined(found));
    }
}

BOOST_FIXTURE_TEST_CASE(clients_hear_the_same, Both)
{
    const Difference ours_is_the_server{"option 54"}; // RFC 5107 4: renewals have to reach the relay
    const auto and_also = [&](std::initializer_list<std::string> more) {
        auto all = ours_is_the_server;
        all.insert(more);
        return all;
    };
    const std::vector<Case> cases{
        {"OFFER", type::offer, [](auto&) {}, ours_is_the_server, ""},
        {"OFFER, broadcast flag", type::offer, [](auto& m) { m.broadcast = true; }, ours_is_the_server, ""},
        {"ACK", type::ack, [](auto&) {}, ours_is_the_server, ""},
        {"ACK to a renewal", type::ack, [](auto& m) { m.ciaddr = m.yiaddr; }, ours_is_the_server, ""},
        {"NAK without the broadcast flag", type::nak, [](auto& m) { m.yiaddr = Ipv4Address(); },
         and_also({"hardware address", "destination"}),
         "RFC 2131 4.3.2: broadcast, the client may not have its address any more"},
        {"no option 82 in it", type::offer,
         [](auto& m) { std::erase_if(m.options, [](const auto& each) { return each.first == option::relay_agent; }); },
         ours_is_the_server, ""},
        {"giaddr of nobody",
         type::offer,
         [](auto& m) { m.giaddr = ip("10.9.9.9"); },
         {"ours 0, theirs 1"},
         "RFC 1542 4.1.2: MUST be discarded"},
        {"a request from the server", type::discover, [](auto& m) { m.op = 1; }, {}, ""},
    };
    for (const auto& [what, kind, change, expected, why] : cases) {
        auto discover = ours.client->message(type::discover);
        std::array<std::vector<DhcpFrame>, 2> seen;
        for (std::size_t number = 0; number < seen.size(); ++number) {
            auto& side = number == 0 ? ours : theirs;
            const auto heard = side.forwarded([&] { side.client->broadcast(discover); });
            BOOST_REQUIRE(heard.size() == 1U);
            auto answer = side.server->answer(heard.front(), kind, ip(leased));
            change(answer);
            seen.at(number) = side.delivered(heard.front(), answer);
        }
        const auto found = compare(seen[0], seen[1]);
        BOOST_TEST(joined(found) == joined(expected), what << " (" << why << "): " << joined(found));
        for (const auto& frame : seen[0]) {
            BOOST_TEST((frame.checksum != Checksum::wrong), what);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
