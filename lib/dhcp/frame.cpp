#include "dhcp/frame.hpp"

#include "core/byte_writer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace keavrf::dhcp {

namespace {

constexpr std::size_t ethernet_size = 14;
constexpr std::size_t ip_size = 20;
constexpr std::uint8_t protocol_udp = 17;

void put(std::span<std::uint8_t> memory, std::size_t offset, std::uint16_t value) noexcept
{
    memory[offset] = static_cast<std::uint8_t>(value >> 8U);
    memory[offset + 1] = static_cast<std::uint8_t>(value);
}

void write_ip(ByteWriter& writer, const FrameAddresses& addresses, std::size_t payload_size) noexcept
{
    writer.u8(0x45);
    writer.u8(0);
    writer.u16(static_cast<std::uint16_t>(ip_udp_size + payload_size));
    writer.u16(0); // an atomic datagram needs no identification (RFC 6864 4.1)
    writer.u16(0x4000);
    writer.u8(64);
    writer.u8(protocol_udp);
    writer.u16(0);
    writer.u32(addresses.source.value());
    writer.u32(addresses.destination.value());
}

// RFC 768: over a pseudo header, the header and the data.
std::uint16_t udp_checksum(std::span<const std::uint8_t> header, std::span<const std::uint8_t> payload) noexcept
{
    auto sum = checksum_add(0, header.subspan(ethernet_size + 12, 8)); // both addresses
    sum += protocol_udp + static_cast<std::uint32_t>(udp_size + payload.size());
    sum = checksum_add(sum, header.subspan(ethernet_size + ip_size, udp_size));
    const auto checksum = checksum_finish(checksum_add(sum, payload));
    return checksum == 0 ? 0xffff : checksum; // 0 says that there is none
}

} // namespace

std::uint32_t checksum_add(std::uint32_t start, std::span<const std::uint8_t> bytes) noexcept
{
    // Summed as the machine reads words, and turned around at the end: the sum is independent of byte order (RFC 1071
    // 2, B), and four bytes at a time into 64 bits need no carries.
    std::uint64_t sum = 0;
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, bytes.data() + at, 4);
        sum += word;
    }
    if (at < bytes.size()) {
        std::uint32_t word = 0;
        std::memcpy(&word, bytes.data() + at, bytes.size() - at);
        sum += word;
    }
    while (sum >> 16U != 0) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    auto folded = static_cast<std::uint32_t>(sum);
    if constexpr (std::endian::native == std::endian::little) {
        folded = (folded & 0xffU) << 8U | folded >> 8U;
    }
    return start + folded;
}

std::uint16_t checksum_finish(std::uint32_t sum) noexcept
{
    while (sum >> 16U != 0) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum);
}

bool write_frame_header(std::span<std::uint8_t, frame_header_size> header, std::span<const std::uint8_t> payload,
                        const FrameAddresses& addresses, UdpChecksum checksum) noexcept
{
    if (payload.size() > 0xffffU - ip_udp_size) {
        return false;
    }
    ByteWriter writer(header);
    writer.bytes(addresses.destination_mac);
    writer.bytes(addresses.source_mac);
    writer.u16(0x0800);
    write_ip(writer, addresses, payload.size());
    put(header, ethernet_size + 10, checksum_finish(checksum_add(0, header.subspan(ethernet_size, ip_size))));
    writer.u16(addresses.source_port);
    writer.u16(addresses.destination_port);
    writer.u16(static_cast<std::uint16_t>(udp_size + payload.size()));
    writer.u16(0);
    if (checksum == UdpChecksum::complete) {
        put(header, ethernet_size + ip_size + 6, udp_checksum(header, payload));
    }
    return true;
}

} // namespace keavrf::dhcp
