// The same client's messages through keavrfd's relay and through another one, each to a server that only records; the
// same answers back; and in what the two differ.
#pragma once

#include "fake_server.hpp"
#include "relay_lab.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keavrf::test {

// In words: "giaddr", "option 82"; "ours 0, theirs 1" where one forwards what the other does not.
using Difference = std::set<std::string>;

// One relay with a client and a server.
struct Side {
    ClientNamespace site;
    std::optional<RawClient> client;
    std::optional<FakeServer> server;
    std::uint32_t marker = 0x7f000000;

    // What the server got of a message: nothing, or what came before a plain DISCOVER sent behind it.
    std::vector<DhcpMessage> forwarded(const std::function<void()>& send);
    // What the client got of an answer, likewise.
    std::vector<DhcpFrame> delivered(const DhcpMessage& request, const DhcpMessage& answer);
};

enum class Peer {
    dhcrelay, // ISC's, with -a
    dnsmasq   // with --dhcp-relay
};
std::ostream& operator<<(std::ostream& out, Peer peer);

// keavrfd's on eth1 of the host, the other's on eth1 of a namespace of its own, both 192.168.1.1/24.
struct Both : RelayLab {
    Both();
    void start(Peer peer);

    // Each as the server, or the client, sees it.
    Difference of_request(const DhcpMessage& message);
    // An answer of this type to a DISCOVER, changed alike for both.
    Difference of_answer(std::uint8_t type, Ipv4Address leased, const std::function<void(DhcpMessage&)>& change);

    Side ours;
    Side theirs;
    std::optional<RelayDomain> red;
    ClientNamespace router;
    ClientNamespace server;
    std::optional<Program> other;
};

std::string joined(const Difference& difference);

} // namespace keavrf::test
