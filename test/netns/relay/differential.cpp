#include "differential.hpp"

namespace keavrf::test {

namespace {

const auto client_mac = mac("02:00:00:00:00:01");

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

} // namespace

std::vector<DhcpMessage> Side::forwarded(const std::function<void()>& send)
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

std::vector<DhcpFrame> Side::delivered(const DhcpMessage& request, const DhcpMessage& answer)
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

Both::Both()
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

    Network inside(router.fd());
    inside.add_client_interface("eth1", "", "192.168.1.1/24", theirs.site, client_mac);
    inside.add_veth("up", server, "eth0", mac("02:00:00:00:00:77"));
    inside.add_address("up", "10.0.0.1/24");
    Network behind(server.fd());
    behind.add_address("eth0", "10.0.0.2/24");
    behind.add_default_route("10.0.0.1", "eth0");
    theirs.server.emplace(server.fd(), ip("10.0.0.2"));
    theirs.client.emplace(theirs.site.fd(), "eth0", client_mac);
}

void Both::start(Peer peer)
{
    struct Known {
        std::vector<std::string> command;
        std::string ready;
    };
    const Known known =
        peer == Peer::dhcrelay
            ? Known{{"dhcrelay", "-4", "-d", "--no-pid", "-a", "-i", "eth1", "-iu", "up", "10.0.0.2"},
                    "Sending on   Socket/fallback"}
            : Known{{"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root",
                     "--log-facility=-", "--pid-file=" + Sandbox::folder() + "/dnsmasq.pid",
                     "--dhcp-relay=192.168.1.1,10.0.0.2,up"},
                    "DHCP relay from 192.168.1.1 to 10.0.0.2"};
    ProgramOptions there;
    there.network_namespace = router.fd();
    other.emplace(known.command, there);
    BOOST_REQUIRE_MESSAGE(other->says(known.ready), other->output() << other->errors());
}

Difference Both::of_request(const DhcpMessage& message)
{
    const auto by_us = ours.forwarded([&] { ours.client->broadcast(message); });
    const auto by_them = theirs.forwarded([&] { theirs.client->broadcast(message); });
    return compare(by_us, by_them);
}

Difference Both::of_answer(std::uint8_t type, Ipv4Address leased, const std::function<void(DhcpMessage&)>& change)
{
    const auto discover = ours.client->message(type::discover);
    const auto answered = [&](Side& side) {
        const auto heard = side.forwarded([&] { side.client->broadcast(discover); });
        BOOST_REQUIRE(heard.size() == 1U);
        auto answer = side.server->answer(heard.front(), type, leased);
        change(answer);
        return side.delivered(heard.front(), answer);
    };
    const auto by_us = answered(ours);
    const auto by_them = answered(theirs);
    return compare(by_us, by_them);
}

std::ostream& operator<<(std::ostream& out, Peer peer)
{
    return out << (peer == Peer::dhcrelay ? "dhcrelay" : "dnsmasq");
}

std::string joined(const Difference& difference)
{
    std::string all;
    for (const auto& each : difference) {
        all += (all.empty() ? "" : "; ") + each;
    }
    return all;
}

} // namespace keavrf::test
