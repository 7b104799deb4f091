// Links, addresses, routes and neighbours as the kernel tells them (man 7 rtnetlink). Pure: bytes in, values out; the
// same functions read dumps, answers and events. What the kernel did not say is an empty optional.
#pragma once

#include "core/error.hpp"
#include "core/ip_address.hpp"
#include "core/types.hpp"
#include "netlink/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace keavrf::netlink {

struct Link {
    InterfaceIndex index;
    std::string name;
    std::string kind; // "vrf", "veth", "bridge", ...; empty for hardware and loopback
    std::optional<InterfaceIndex> master;
    std::optional<std::uint32_t> vrf_table; // of a VRF device
    unsigned flags = 0;                     // IFF_*
    unsigned mtu = 0;
    LinkAddress address;
    unsigned short hardware_type = 0;   // ARPHRD_*
    std::optional<InterfaceIndex> peer; // IFLA_LINK: a veth's other end, a macvlan's parent
    // IFLA_LINK_NETNSID: the peer's index counts in the namespace of this id; empty: in the link's own.
    std::optional<int> peer_namespace;

    [[nodiscard]] bool up() const noexcept;       // administratively (IFF_UP)
    [[nodiscard]] bool running() const noexcept;  // operational (IFF_RUNNING)
    [[nodiscard]] bool loopback() const noexcept; // IFF_LOOPBACK
    [[nodiscard]] bool is_vrf() const noexcept { return kind == "vrf"; }
    friend bool operator==(const Link&, const Link&) = default;
};

struct Address {
    InterfaceIndex index;
    IpAddress address; // the own one: on a point-to-point link not the peer's
    unsigned prefix_length = 0;
    unsigned scope = 0; // RT_SCOPE_*
    unsigned flags = 0; // IFA_F_*

    [[nodiscard]] const Ipv4Address* v4() const noexcept { return std::get_if<Ipv4Address>(&address); }
    [[nodiscard]] const Ipv6Address* v6() const noexcept { return std::get_if<Ipv6Address>(&address); }
    [[nodiscard]] bool global() const noexcept;    // RT_SCOPE_UNIVERSE
    [[nodiscard]] bool secondary() const noexcept; // IFA_F_SECONDARY; IPv4 only (IPv6 uses the bit for temporary)
    [[nodiscard]] bool tentative() const noexcept; // IFA_F_TENTATIVE: duplicate address detection is not done
    // The same address, whatever its flags: what a removal removes.
    [[nodiscard]] bool same_place(const Address& other) const;
    [[nodiscard]] std::string str() const; // "10.0.0.1/24"
    friend bool operator==(const Address&, const Address&) = default;
};

struct Route {
    IpAddress destination; // 0.0.0.0 or :: for a default route
    unsigned prefix_length = 0;
    std::optional<IpAddress> gateway;
    std::optional<InterfaceIndex> output;
    std::uint32_t table = 0;    // RT_TABLE_MAIN is 254
    unsigned type = 0;          // RTN_UNICAST, RTN_LOCAL, ...
    unsigned protocol = 0;      // RTPROT_*
    unsigned scope = 0;         // RT_SCOPE_*
    std::uint32_t priority = 0; // metric
    friend bool operator==(const Route&, const Route&) = default;
};

// Of IPv4: which table is asked, and when (ip-rule(8)).
struct Rule {
    std::uint32_t table = 0;
    std::uint32_t priority = 0; // the lowest is asked first
    unsigned action = 0;        // FR_ACT_*
    friend bool operator==(const Rule&, const Rule&) = default;
};

struct Neighbour {
    InterfaceIndex index;
    IpAddress address;
    LinkAddress link_address; // empty while unresolved
    unsigned state = 0;       // NUD_*

    [[nodiscard]] bool permanent() const noexcept;
    friend bool operator==(const Neighbour&, const Neighbour&) = default;
};

struct LinkChanged {
    Link link;
    friend bool operator==(const LinkChanged&, const LinkChanged&) = default;
};
struct LinkRemoved {
    InterfaceIndex index;
    std::string name;
    friend bool operator==(const LinkRemoved&, const LinkRemoved&) = default;
};
struct AddressChanged {
    Address address;
    friend bool operator==(const AddressChanged&, const AddressChanged&) = default;
};
struct AddressRemoved {
    Address address;
    friend bool operator==(const AddressRemoved&, const AddressRemoved&) = default;
};
using Event = std::variant<LinkChanged, LinkRemoved, AddressChanged, AddressRemoved>;

// Empty for messages that say nothing about the object itself: other types; a link seen as a bridge port (AF_BRIDGE:
// its RTM_DELLINK means that it left the bridge); wireless events, which come as links without most attributes; routes
// that are only cached. An error for malformed bytes.
Result<std::optional<Link>> parse_link(const Message& message);
Result<std::optional<Address>> parse_address(const Message& message);
Result<std::optional<Route>> parse_route(const Message& message);
Result<std::optional<Rule>> parse_rule(const Message& message);
Result<std::optional<Neighbour>> parse_neighbour(const Message& message);
Result<std::optional<Event>> parse_event(const Message& message);
// `message` is one message with its header; bytes that are cut short are an error.
Result<std::optional<Event>> parse_event(Bytes message);

// "10.0.0.1", "fe80::1".
std::string to_string(const IpAddress& address);

} // namespace keavrf::netlink
