// The bench's packets: built once by the tests' own encoder, then changed in place, since building each anew would
// measure the generator. Pure. Offsets are those of Ethernet, an IPv4 header without options, UDP, BOOTP (RFC 951).
#pragma once

#include "core/ip_address.hpp"
#include "support/dhcp_packet.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace keavrf::bench {

inline constexpr std::size_t headers_size = 14 + 20 + 8;
inline constexpr std::size_t largest_frame = 1514;

// How the frames of one run travel.
struct Road {
    test::Mac source{};
    test::Mac destination = test::broadcast_mac;
    // Set: as a relay would send them, from relay_address, with this giaddr.
    std::optional<Ipv4Address> giaddr;
    Ipv4Address relay_address;
    Ipv4Address server;
};

// A DISCOVER, or a REQUEST in which the addresses are still to be set. The UDP checksum is absent, so that changes need
// no new one.
test::Bytes client_frame(std::uint8_t type, const Road& road);
// The hardware address of a client, 02:6c:nn:nn:nn:nn, also that of the frame unless `relayed`.
void set_client(std::span<std::uint8_t> frame, std::uint32_t xid, std::uint32_t client, bool relayed);
// In a REQUEST's frame.
void set_request(std::span<std::uint8_t> frame, Ipv4Address requested, Ipv4Address server);

// What the generator wants to know of an answer.
struct Answer {
    std::uint32_t xid = 0;
    std::uint8_t type = 0;
    Ipv4Address address;
    Ipv4Address server;
};
// Empty for what is no BOOTREPLY to one of the two ports.
std::optional<Answer> read_answer(std::span<const std::uint8_t> frame);

// The instant server: the DHCP message that answers a request, with option 82 echoed last; the number of bytes written,
// 0 for what is no request. An address of `pool`/24, by the client's hardware address.
std::size_t write_server_answer(std::span<const std::uint8_t> request, std::span<std::uint8_t> answer, Ipv4Address self,
                                Ipv4Address pool);

// Big-endian fields of a message or frame.
std::uint32_t read32(std::span<const std::uint8_t> bytes, std::size_t offset);
void write32(std::span<std::uint8_t> bytes, std::size_t offset, std::uint32_t value);

} // namespace keavrf::bench
