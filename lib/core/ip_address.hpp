// IP and link-layer addresses as plain values: no Asio, no sockets, so that the pure parts can use them.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace keavrf {

class Ipv4Address {
public:
    constexpr Ipv4Address() noexcept = default;
    // From a number in host byte order: 0x0a000001 is 10.0.0.1.
    constexpr explicit Ipv4Address(std::uint32_t host_order) noexcept : value_(host_order) {}
    // Strict dotted quad: no leading zeros, no short forms, nothing around it.
    static std::optional<Ipv4Address> parse(std::string_view text);
    [[nodiscard]] constexpr std::uint32_t value() const noexcept { return value_; }
    [[nodiscard]] std::string str() const;
    [[nodiscard]] constexpr bool unspecified() const noexcept { return value_ == 0; }
    // 127/8.
    [[nodiscard]] constexpr bool loopback() const noexcept { return value_ >> 24U == 127; }
    // 169.254/16 (RFC 3927), where the instances' pairs live.
    [[nodiscard]] constexpr bool link_local() const noexcept { return value_ >> 16U == 0xa9fe; }
    // 224/4 and above: multicast, reserved, broadcast.
    [[nodiscard]] constexpr bool multicast_or_above() const noexcept { return value_ >= 0xe0000000U; }
    friend constexpr auto operator<=>(const Ipv4Address&, const Ipv4Address&) noexcept = default;
    friend constexpr bool operator==(const Ipv4Address&, const Ipv4Address&) noexcept = default;

private:
    std::uint32_t value_ = 0;
};

class Ipv4Prefix {
public:
    constexpr Ipv4Prefix() noexcept = default;
    // Host bits are cleared; length above 32 is taken as 32.
    Ipv4Prefix(Ipv4Address address, unsigned length) noexcept;
    // "192.168.1.0/24"; set host bits are refused unless the caller allows them.
    static std::optional<Ipv4Prefix> parse(std::string_view text, bool allow_host_bits = false);
    [[nodiscard]] constexpr Ipv4Address network() const noexcept { return network_; }
    [[nodiscard]] constexpr unsigned length() const noexcept { return length_; }
    [[nodiscard]] std::uint32_t mask() const noexcept;
    [[nodiscard]] Ipv4Address last() const noexcept;
    [[nodiscard]] bool contains(Ipv4Address address) const noexcept;
    [[nodiscard]] bool overlaps(const Ipv4Prefix& other) const noexcept;
    [[nodiscard]] std::string str() const;
    friend constexpr auto operator<=>(const Ipv4Prefix&, const Ipv4Prefix&) noexcept = default;
    friend constexpr bool operator==(const Ipv4Prefix&, const Ipv4Prefix&) noexcept = default;

private:
    Ipv4Address network_;
    std::uint8_t length_ = 0;
};

class Ipv6Address {
public:
    using Bytes = std::array<std::uint8_t, 16>;
    constexpr Ipv6Address() noexcept = default;
    constexpr explicit Ipv6Address(const Bytes& bytes) noexcept : bytes_(bytes) {}
    static std::optional<Ipv6Address> parse(std::string_view text);
    [[nodiscard]] constexpr const Bytes& bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::string str() const;
    // fe80::/10.
    [[nodiscard]] constexpr bool link_local() const noexcept
    {
        return bytes_[0] == 0xfe && (bytes_[1] & 0xc0U) == 0x80;
    }
    friend constexpr auto operator<=>(const Ipv6Address&, const Ipv6Address&) noexcept = default;
    friend constexpr bool operator==(const Ipv6Address&, const Ipv6Address&) noexcept = default;

private:
    Bytes bytes_{};
};

// A link-layer address of up to 32 bytes (MAX_ADDR_LEN); Ethernet has 6.
class LinkAddress {
public:
    static constexpr std::size_t max_size = 32;
    constexpr LinkAddress() noexcept = default;
    // Bytes beyond max_size are cut.
    explicit LinkAddress(std::span<const std::uint8_t> bytes) noexcept;
    // "02:00:00:00:00:01"; one to 32 pairs of hexadecimal digits.
    static std::optional<LinkAddress> parse(std::string_view text);
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::string str() const;
    friend auto operator<=>(const LinkAddress&, const LinkAddress&) noexcept = default;
    friend bool operator==(const LinkAddress&, const LinkAddress&) noexcept = default;

private:
    std::array<std::uint8_t, max_size> bytes_{};
    std::uint8_t size_ = 0;
};

} // namespace keavrf

template <>
struct std::hash<keavrf::Ipv4Address> {
    std::size_t operator()(keavrf::Ipv4Address address) const noexcept
    {
        return std::hash<std::uint32_t>{}(address.value());
    }
};
