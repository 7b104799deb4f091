// Ethernet, IPv4 and UDP headers in front of a DHCP message: for a client that cannot answer ARP yet (RFC 2131 4.1),
// and for Kea, since a frame costs the kernel less than a datagram that it has to route.
#pragma once

#include "core/ip_address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace keavrf::dhcp {

using EthernetAddress = std::array<std::uint8_t, 6>;

inline constexpr std::size_t udp_size = 8;
inline constexpr std::size_t ip_udp_size = 20 + udp_size;
inline constexpr std::size_t frame_header_size = 14 + ip_udp_size;

struct FrameAddresses {
    EthernetAddress source_mac{};
    EthernetAddress destination_mac{};
    Ipv4Address source;
    Ipv4Address destination;
    std::uint16_t source_port = 67;
    std::uint16_t destination_port = 68;
};

// RFC 768: a datagram may go without a checksum; on a link that cannot spoil it, that saves both ends the sum.
enum class UdpChecksum { complete, absent };

// Fills `header`, which stands right before `payload` in memory or is sent before it; checksums are complete (RFC 791,
// 768, 1071) unless UDP's is to be absent. False where the payload is too long for one datagram.
bool write_frame_header(std::span<std::uint8_t, frame_header_size> header, std::span<const std::uint8_t> payload,
                        const FrameAddresses& addresses, UdpChecksum checksum = UdpChecksum::complete) noexcept;

// RFC 1071: the one's complement sum, not yet complemented, continued from `start`; `bytes` begins at an even offset.
std::uint32_t checksum_add(std::uint32_t start, std::span<const std::uint8_t> bytes) noexcept;
std::uint16_t checksum_finish(std::uint32_t sum) noexcept;

} // namespace keavrf::dhcp
