// Netlink messages as bytes (man 7 netlink): a builder and views. Pure: no sockets, no time.
//
// Numbers are in host byte order, as the kernel has them. Every size is checked before a byte is read or written; the
// first mistake sets a sticky error, so that a parser or builder asks once, at its end.
#pragma once

#include "core/ip_address.hpp"

#include <linux/netlink.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace keavrf::netlink {

using Bytes = std::span<const std::uint8_t>;
using IpAddress = std::variant<Ipv4Address, Ipv6Address>;

// One message: a header, a fixed structure of the protocol's (ifinfomsg, ...), attributes, nested to any depth.
class MessageBuilder {
public:
    // Far above any request of ours; the kernel refuses more than a socket's send buffer anyway.
    static constexpr std::size_t max_size = 65536;

    MessageBuilder(std::uint16_t type, std::uint16_t flags);

    // A fixed structure: the protocol's header, or the one inside VETH_INFO_PEER.
    template <class Structure>
    void append(const Structure& structure)
    {
        static_assert(std::is_trivially_copyable_v<Structure>);
        append_padded(Bytes(reinterpret_cast<const std::uint8_t*>(&structure), sizeof structure));
    }
    void bytes(std::uint16_t type, Bytes value);
    void u8(std::uint16_t type, std::uint8_t value) { number(type, value); }
    void u16(std::uint16_t type, std::uint16_t value) { number(type, value); }
    void u32(std::uint16_t type, std::uint32_t value) { number(type, value); }
    void s32(std::uint16_t type, std::int32_t value) { number(type, value); }
    // With its terminating NUL. A NUL inside is an error.
    void text(std::uint16_t type, std::string_view value);
    void ip(std::uint16_t type, const IpAddress& value);
    void link_address(std::uint16_t type, const LinkAddress& value) { bytes(type, value.bytes()); }
    // What `fill()` writes goes into the attribute.
    template <class Fill>
    void nested(std::uint16_t type, Fill&& fill)
    {
        const auto start = data_.size();
        bytes(type, {});
        fill();
        close_nested(start);
    }

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    // The complete message; call it last. Empty after an error.
    [[nodiscard]] Bytes finish(std::uint32_t sequence);

private:
    template <class Number>
    void number(std::uint16_t type, Number value)
    {
        bytes(type, Bytes(reinterpret_cast<const std::uint8_t*>(&value), sizeof value));
    }
    void append_padded(Bytes data);
    void close_nested(std::size_t start);

    std::vector<std::uint8_t> data_;
    bool ok_ = true;
};

// Takes a fixed structure off the front, padding included; false (and nothing taken) when there are too few bytes.
template <class Structure>
[[nodiscard]] bool take(Bytes& bytes, Structure& structure) noexcept
{
    static_assert(std::is_trivially_copyable_v<Structure>);
    if (bytes.size() < sizeof structure) {
        return false;
    }
    std::memcpy(&structure, bytes.data(), sizeof structure);
    bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(sizeof structure), bytes.size()));
    return true;
}

// One received message. Views into memory of the caller's.
struct Message {
    std::uint16_t type = 0;
    std::uint16_t flags = 0;
    std::uint32_t sequence = 0;
    Bytes payload; // after the header
    Bytes whole;   // with the header
};

// Walks the messages of one datagram: while (auto message = reader.next()) ...; then ok().
class MessageReader {
public:
    explicit MessageReader(Bytes datagram) noexcept : rest_(datagram) {}
    // Empty at the end, and from the first malformed message on.
    [[nodiscard]] std::optional<Message> next() noexcept;
    [[nodiscard]] bool ok() const noexcept { return ok_; }

private:
    Bytes rest_;
    bool ok_ = true;
};

// Walks attributes: for (AttributeReader a(bytes); a.next();) switch (a.type()) ...; then ok(). A value of the wrong
// size reads as zero or empty and sets the error.
class AttributeReader {
public:
    explicit AttributeReader(Bytes attributes) noexcept : rest_(attributes) {}

    // False at the end, and from the first malformed attribute on.
    [[nodiscard]] bool next() noexcept;
    [[nodiscard]] bool ok() const noexcept { return ok_; }

    // Without the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER.
    [[nodiscard]] std::uint16_t type() const noexcept { return type_; }
    [[nodiscard]] Bytes value() const noexcept { return value_; }
    std::uint8_t u8() noexcept { return number<std::uint8_t>(); }
    std::uint16_t u16() noexcept { return number<std::uint16_t>(); }
    std::uint32_t u32() noexcept { return number<std::uint32_t>(); }
    std::int32_t s32() noexcept { return number<std::int32_t>(); }
    // Up to the first NUL, or the end.
    std::string text();
    // 4 bytes are IPv4, 16 are IPv6.
    IpAddress ip() noexcept;
    LinkAddress link_address() noexcept;
    // read(inner) gets the attributes inside; what is malformed there is malformed here.
    template <class Read>
    void nested(Read&& read)
    {
        AttributeReader inner(value_);
        while (inner.next()) {
            read(inner);
        }
        ok_ = ok_ && inner.ok();
    }

private:
    template <class Number>
    Number number() noexcept
    {
        Number number{};
        if (value_.size() != sizeof number) {
            ok_ = false;
            return number;
        }
        std::memcpy(&number, value_.data(), sizeof number);
        return number;
    }

    Bytes rest_;
    Bytes value_;
    std::uint16_t type_ = 0;
    bool ok_ = true;
};

} // namespace keavrf::netlink
