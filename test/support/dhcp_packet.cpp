#include "support/dhcp_packet.hpp"

#include "core/byte_reader.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace keavrf::test {

namespace {

constexpr std::uint32_t magic_cookie = 0x63825363;
constexpr std::uint16_t ethertype_ip = 0x0800;
constexpr std::uint16_t ethertype_arp = 0x0806;
constexpr std::uint8_t protocol_udp = 17;

void put16(Bytes& out, std::uint32_t value)
{
    out.push_back(static_cast<std::uint8_t>(value >> 8U));
    out.push_back(static_cast<std::uint8_t>(value));
}

void put32(Bytes& out, std::uint32_t value)
{
    put16(out, value >> 16U);
    put16(out, value & 0xffffU);
}

void put(Bytes& out, std::span<const std::uint8_t> bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}

Mac read_mac(ByteReader& reader)
{
    Mac result{};
    const auto bytes = reader.bytes(6);
    std::copy(bytes.begin(), bytes.end(), result.begin());
    return result;
}

// RFC 1071: one's complement of the one's complement sum; 0 over data that holds its own correct checksum.
std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0)
{
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += static_cast<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
    }
    while (sum >> 16U != 0) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum);
}

std::uint32_t pseudo_header(Ipv4Address source, Ipv4Address destination, std::size_t udp_size)
{
    return (source.value() >> 16U) + (source.value() & 0xffffU) + (destination.value() >> 16U) +
           (destination.value() & 0xffffU) + protocol_udp + static_cast<std::uint32_t>(udp_size);
}

bool read_options(ByteReader& reader, DhcpMessage& message)
{
    while (reader.remaining() > 0) {
        const auto code = reader.u8();
        if (code == 0) {
            continue;
        }
        if (code == 255) {
            return true;
        }
        const auto value = reader.bytes(reader.u8());
        if (!reader.ok()) {
            return false;
        }
        message.add(code, Bytes(value.begin(), value.end()));
    }
    return true;
}

} // namespace

Mac mac(const std::string& text)
{
    const auto parsed = LinkAddress::parse(text);
    // Constants of the tests are made before Boost.Test is: its macros must not be used here.
    if (!parsed || parsed->size() != 6) {
        throw std::invalid_argument("not a MAC: " + text);
    }
    Mac result{};
    std::copy(parsed->bytes().begin(), parsed->bytes().end(), result.begin());
    return result;
}

std::string to_string(const Mac& mac)
{
    return LinkAddress(mac).str();
}

Ipv4Address ip(const std::string& text)
{
    const auto parsed = Ipv4Address::parse(text);
    if (!parsed) {
        throw std::invalid_argument("not an IPv4 address: " + text);
    }
    return *parsed;
}

std::uint8_t DhcpMessage::type() const
{
    const auto* value = option(option::message_type);
    return value != nullptr && value->size() == 1 ? value->front() : std::uint8_t{0};
}

const Bytes* DhcpMessage::option(std::uint8_t code) const
{
    const auto found = std::find_if(options.begin(), options.end(), [&](const auto& o) { return o.first == code; });
    return found == options.end() ? nullptr : &found->second;
}

std::optional<Ipv4Address> DhcpMessage::address_option(std::uint8_t code) const
{
    const auto* value = option(code);
    if (value == nullptr || value->size() < 4) {
        return std::nullopt;
    }
    return Ipv4Address(ByteReader(*value).u32());
}

void DhcpMessage::add(std::uint8_t code, Ipv4Address value)
{
    Bytes bytes;
    put32(bytes, value.value());
    add(code, std::move(bytes));
}

std::optional<Bytes> DhcpMessage::relay_suboption(std::uint8_t code) const
{
    const auto* value = option(option::relay_agent);
    if (value == nullptr) {
        return std::nullopt;
    }
    ByteReader reader(*value);
    while (reader.remaining() > 1) {
        const auto found = reader.u8();
        const auto bytes = reader.bytes(reader.u8());
        if (found == code && reader.ok()) {
            return Bytes(bytes.begin(), bytes.end());
        }
    }
    return std::nullopt;
}

Bytes DhcpMessage::encode() const
{
    Bytes out{op, 1, 6, hops};
    put32(out, xid);
    put16(out, secs);
    put16(out, broadcast ? 0x8000 : 0);
    for (const auto address : {ciaddr, yiaddr, siaddr, giaddr}) {
        put32(out, address.value());
    }
    put(out, chaddr);
    out.resize(out.size() + 10 + 64 + 128);
    put32(out, magic_cookie);
    for (const auto& [code, value] : options) {
        out.push_back(code);
        out.push_back(static_cast<std::uint8_t>(value.size()));
        put(out, value);
    }
    out.push_back(255);
    out.resize(std::max<std::size_t>(out.size(), 300));
    return out;
}

std::optional<DhcpMessage> DhcpMessage::parse(std::span<const std::uint8_t> bytes)
{
    ByteReader reader(bytes);
    DhcpMessage message;
    message.op = reader.u8();
    reader.skip(2);
    message.hops = reader.u8();
    message.xid = reader.u32();
    message.secs = reader.u16();
    message.broadcast = (reader.u16() & 0x8000U) != 0;
    for (auto* address : {&message.ciaddr, &message.yiaddr, &message.siaddr, &message.giaddr}) {
        *address = Ipv4Address(reader.u32());
    }
    message.chaddr = read_mac(reader);
    reader.skip(10 + 64 + 128);
    if (reader.u32() != magic_cookie || !read_options(reader, message)) {
        return std::nullopt;
    }
    return message;
}

Bytes DhcpFrame::encode() const
{
    const auto payload = message.encode();
    const auto udp_size = payload.size() + 8;
    Bytes udp;
    put16(udp, source_port);
    put16(udp, destination_port);
    put16(udp, static_cast<std::uint32_t>(udp_size));
    put16(udp, 0);
    put(udp, payload);
    const auto udp_checksum = internet_checksum(udp, pseudo_header(source, destination, udp_size));
    udp[6] = static_cast<std::uint8_t>(udp_checksum >> 8U);
    udp[7] = static_cast<std::uint8_t>(udp_checksum);

    Bytes header{0x45, 0x10};
    put16(header, static_cast<std::uint32_t>(20 + udp_size));
    put32(header, 0);
    put(header, std::array<std::uint8_t, 4>{64, protocol_udp, 0, 0});
    put32(header, source.value());
    put32(header, destination.value());
    const auto header_checksum = internet_checksum(header);
    header[10] = static_cast<std::uint8_t>(header_checksum >> 8U);
    header[11] = static_cast<std::uint8_t>(header_checksum);

    Bytes frame;
    put(frame, destination_mac);
    put(frame, source_mac);
    put16(frame, ethertype_ip);
    put(frame, header);
    put(frame, udp);
    return frame;
}

std::optional<DhcpFrame> DhcpFrame::parse(std::span<const std::uint8_t> bytes)
{
    ByteReader reader(bytes);
    DhcpFrame frame;
    frame.destination_mac = read_mac(reader);
    frame.source_mac = read_mac(reader);
    if (reader.u16() != ethertype_ip || reader.u8() != 0x45) {
        return std::nullopt;
    }
    reader.skip(1);
    const auto ip_size = reader.u16();
    reader.skip(2);
    const bool fragment = (reader.u16() & 0x3fffU) != 0;
    reader.skip(1);
    const bool udp = reader.u8() == protocol_udp;
    reader.skip(2);
    frame.source = Ipv4Address(reader.u32());
    frame.destination = Ipv4Address(reader.u32());
    frame.source_port = reader.u16();
    frame.destination_port = reader.u16();
    const auto udp_size = reader.u16();
    const auto checksum = reader.u16();
    const bool dhcp = frame.destination_port == 67 || frame.destination_port == 68;
    if (!reader.ok() || fragment || !udp || !dhcp || udp_size < 8 || ip_size != udp_size + 20 ||
        reader.remaining() + 8 < udp_size) {
        return std::nullopt;
    }
    if (checksum != 0) {
        const auto sum =
            internet_checksum(bytes.subspan(34, udp_size), pseudo_header(frame.source, frame.destination, udp_size));
        frame.checksum = sum == 0 ? Checksum::valid : Checksum::wrong;
    }
    frame.dhcp_size = udp_size - std::size_t{8};
    auto message = DhcpMessage::parse(reader.bytes(frame.dhcp_size));
    if (!message) {
        return std::nullopt;
    }
    frame.message = std::move(*message);
    return frame;
}

std::string describe(const DhcpFrame& frame)
{
    static constexpr std::array names{"BOOTP", "DISCOVER", "OFFER",   "REQUEST", "DECLINE",
                                      "ACK",   "NAK",      "RELEASE", "INFORM"};
    const auto& message = frame.message;
    const auto* name = message.type() < names.size() ? names.at(message.type()) : "?";
    return std::string(name) + " " + to_string(frame.source_mac) + " > " + to_string(frame.destination_mac) + ", " +
           frame.source.str() + ":" + std::to_string(frame.source_port) + " > " + frame.destination.str() + ":" +
           std::to_string(frame.destination_port) + ", xid " + std::to_string(message.xid) + ", ciaddr " +
           message.ciaddr.str() + ", yiaddr " + message.yiaddr.str() + ", giaddr " + message.giaddr.str();
}

Bytes ArpFrame::encode(const Mac& destination) const
{
    Bytes out;
    put(out, destination);
    put(out, sender_mac);
    put16(out, ethertype_arp);
    put(out, std::array<std::uint8_t, 6>{0, 1, 8, 0, 6, 4});
    put16(out, operation);
    put(out, sender_mac);
    put32(out, sender.value());
    put(out, target_mac);
    put32(out, target.value());
    return out;
}

std::optional<ArpFrame> ArpFrame::parse(std::span<const std::uint8_t> bytes)
{
    ByteReader reader(bytes);
    reader.skip(12);
    if (reader.u16() != ethertype_arp) {
        return std::nullopt;
    }
    reader.skip(6);
    ArpFrame frame;
    frame.operation = reader.u16();
    frame.sender_mac = read_mac(reader);
    frame.sender = Ipv4Address(reader.u32());
    frame.target_mac = read_mac(reader);
    frame.target = Ipv4Address(reader.u32());
    if (!reader.ok()) {
        return std::nullopt;
    }
    return frame;
}

} // namespace keavrf::test
