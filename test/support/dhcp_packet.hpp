// DHCPv4 messages and the frames they travel in, as the tests see them. Written from RFC 2131, 2132 and 3046 and shared
// with nothing in lib/, so that a mistake there cannot hide itself here.
#pragma once

#include "core/ip_address.hpp"
#include "support/print.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace keavrf::test {

using Bytes = std::vector<std::uint8_t>;
using Mac = std::array<std::uint8_t, 6>;

inline constexpr Mac broadcast_mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
// "02:00:00:00:00:01"; fails the test where it is none.
Mac mac(const std::string& text);
std::string to_string(const Mac& mac);
// "192.168.1.10"; fails the test where it is none.
Ipv4Address ip(const std::string& text);

namespace type {
inline constexpr std::uint8_t discover = 1;
inline constexpr std::uint8_t offer = 2;
inline constexpr std::uint8_t request = 3;
inline constexpr std::uint8_t decline = 4;
inline constexpr std::uint8_t ack = 5;
inline constexpr std::uint8_t nak = 6;
inline constexpr std::uint8_t release = 7;
inline constexpr std::uint8_t inform = 8;
} // namespace type

namespace option {
inline constexpr std::uint8_t subnet_mask = 1;
inline constexpr std::uint8_t routers = 3;
inline constexpr std::uint8_t domain_name = 15;
inline constexpr std::uint8_t requested_address = 50;
inline constexpr std::uint8_t lease_time = 51;
inline constexpr std::uint8_t message_type = 53;
inline constexpr std::uint8_t server_id = 54;
inline constexpr std::uint8_t parameters = 55;
inline constexpr std::uint8_t relay_agent = 82;
} // namespace option

struct DhcpMessage {
    std::uint8_t op = 1;
    std::uint8_t hops = 0;
    std::uint32_t xid = 0;
    std::uint16_t secs = 0;
    bool broadcast = false;
    Ipv4Address ciaddr;
    Ipv4Address yiaddr;
    Ipv4Address siaddr;
    Ipv4Address giaddr;
    Mac chaddr{};
    std::vector<std::pair<std::uint8_t, Bytes>> options; // in their order, without pad and end

    [[nodiscard]] std::uint8_t type() const; // 0: none
    [[nodiscard]] const Bytes* option(std::uint8_t code) const;
    [[nodiscard]] std::optional<Ipv4Address> address_option(std::uint8_t code) const;
    void add(std::uint8_t code, Bytes value) { options.emplace_back(code, std::move(value)); }
    void add(std::uint8_t code, Ipv4Address value);
    // A sub-option of option 82; empty where there is none.
    [[nodiscard]] std::optional<Bytes> relay_suboption(std::uint8_t code) const;

    [[nodiscard]] Bytes encode() const; // padded to 300 bytes
    static std::optional<DhcpMessage> parse(std::span<const std::uint8_t> bytes);
};

enum class Checksum { absent, valid, wrong };

// What was seen on the wire: Ethernet, IPv4, UDP, and the DHCP message inside.
struct DhcpFrame {
    Mac source_mac{};
    Mac destination_mac{};
    Ipv4Address source;
    Ipv4Address destination;
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    Checksum checksum = Checksum::absent;
    bool outgoing = false; // sent from the interface it was seen on
    std::size_t dhcp_size = 0;
    DhcpMessage message;

    [[nodiscard]] Bytes encode() const;
    // Empty for what is not DHCP in an unfragmented IPv4 datagram.
    static std::optional<DhcpFrame> parse(std::span<const std::uint8_t> bytes);
};
std::string describe(const DhcpFrame& frame);

// ARP for IPv4 over Ethernet (RFC 826).
struct ArpFrame {
    std::uint16_t operation = 1; // 1 request, 2 reply
    Mac sender_mac{};
    Ipv4Address sender;
    Mac target_mac{};
    Ipv4Address target;

    [[nodiscard]] Bytes encode(const Mac& destination) const;
    static std::optional<ArpFrame> parse(std::span<const std::uint8_t> bytes);
};

} // namespace keavrf::test
