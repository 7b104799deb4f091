// The life of a DHCPv4 packet (DESIGN section 5) as two pure functions (request4.cpp, reply4.cpp): a message comes in,
// is edited in place, and leaves with a decision. Neither throws; both leave a message that is dropped as it came.
// Memory is taken only while the tables of exchanges and downstream relays grow to their bounds.
#pragma once

#include "core/ip_address.hpp"
#include "core/types.hpp"
#include "dhcp/frame.hpp"
#include "dhcp/message4.hpp"
#include "relay/domain.hpp"
#include "relay/drop_reason.hpp"

#include <optional>
#include <variant>

namespace keavrf::relay {

struct Drop {
    DropReason reason;
};

// To this VRF's Kea.
struct Forward {
    // Our option 82 did not fit: forwarded without it.
    bool option82_overflow = false;
};
using RequestDecision = std::variant<Forward, Drop>;

// From IP: where it came from and which address it was sent to.
struct Arrival {
    Ipv4Address source;
    Ipv4Address destination;
    TimePoint now;
    std::uint16_t source_port = dhcp::client_port;
    // What is forwarded waits for a reload to end: whether the server keeps up is no matter.
    bool held = false;
    // And there is no room for it.
    bool crowded = false;
};

// A message heard on `port`, which is one of `domain`'s. What it forwards it remembers in port.exchanges.
RequestDecision client_to_server(Domain& domain, Port& port, dhcp::Message4& message, const Arrival& arrival) noexcept;

// Where an answer goes. `source` is the address it shall come from.
struct ToRelay { // UDP to giaddr, through the VRF
    InterfaceIndex port;
    Ipv4Address source;
    Ipv4Address giaddr;
    std::uint16_t udp_port = dhcp::server_port; // another where the relay asked for it (RFC 8357)
};
struct Broadcast { // UDP to 255.255.255.255:68 on the port's interface
    InterfaceIndex port;
    Ipv4Address source;
};
struct UnicastUdp { // UDP to ciaddr:68; through the VRF where `routed`, else on the port's interface
    InterfaceIndex port;
    Ipv4Address source;
    Ipv4Address ciaddr;
    bool routed = false;
};
struct Frame { // UDP to yiaddr:68 or ciaddr:68 at chaddr, as an Ethernet frame on the port's interface
    InterfaceIndex port;
    Ipv4Address source;
    Ipv4Address client;
    dhcp::EthernetAddress source_mac{};
    dhcp::EthernetAddress chaddr{};
};
using ReplyDestination = std::variant<ToRelay, Broadcast, UnicastUdp, Frame, Drop>;

struct ReplyDecision {
    ReplyDestination to;
    // Since the request was heard; nothing for an answer that nobody waits for any more.
    std::optional<TimePoint::duration> answer_time;
};

// A message heard from this VRF's Kea.
ReplyDecision server_to_client(Domain& domain, dhcp::Message4& message, TimePoint now) noexcept;

} // namespace keavrf::relay
