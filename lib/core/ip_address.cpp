#include "core/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace keavrf {

namespace {

// A decimal number without sign or leading zeros ("010" is 8 to some and 10 to others, so it is neither here).
std::optional<unsigned> parse_decimal(std::string_view text, unsigned maximum)
{
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > maximum) {
        return std::nullopt;
    }
    return value;
}

std::uint32_t mask_of(unsigned length)
{
    return length == 0 ? 0U : ~std::uint32_t{0} << (32U - length);
}

} // namespace

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text)
{
    std::uint32_t value = 0;
    for (int octet = 0; octet < 4; ++octet) {
        const auto dot = octet < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos) {
            return std::nullopt;
        }
        const auto part = parse_decimal(text.substr(0, dot), 255);
        if (!part) {
            return std::nullopt;
        }
        value = value << 8U | *part;
        text.remove_prefix(std::min(dot + 1, text.size()));
    }
    return Ipv4Address(value);
}

std::string Ipv4Address::str() const
{
    return std::to_string(value_ >> 24U) + '.' + std::to_string(value_ >> 16U & 0xffU) + '.' +
           std::to_string(value_ >> 8U & 0xffU) + '.' + std::to_string(value_ & 0xffU);
}

Ipv4Prefix::Ipv4Prefix(Ipv4Address address, unsigned length) noexcept
    : network_(address.value() & mask_of(std::min(length, 32U))),
      length_(static_cast<std::uint8_t>(std::min(length, 32U)))
{
}

std::optional<Ipv4Prefix> Ipv4Prefix::parse(std::string_view text, bool allow_host_bits)
{
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto address = Ipv4Address::parse(text.substr(0, slash));
    const auto length = parse_decimal(text.substr(slash + 1), 32);
    if (!address || !length) {
        return std::nullopt;
    }
    Ipv4Prefix prefix(*address, *length);
    if (!allow_host_bits && prefix.network() != *address) {
        return std::nullopt;
    }
    return prefix;
}

std::uint32_t Ipv4Prefix::mask() const noexcept
{
    return mask_of(length_);
}

Ipv4Address Ipv4Prefix::last() const noexcept
{
    return Ipv4Address(network_.value() | ~mask());
}

bool Ipv4Prefix::contains(Ipv4Address address) const noexcept
{
    return (address.value() & mask()) == network_.value();
}

bool Ipv4Prefix::overlaps(const Ipv4Prefix& other) const noexcept
{
    return contains(other.network_) || other.contains(network_);
}

std::string Ipv4Prefix::str() const
{
    return network_.str() + '/' + std::to_string(length_);
}

std::optional<Ipv6Address> Ipv6Address::parse(std::string_view text)
{
    const std::string terminated(text);
    Bytes bytes{};
    if (terminated.size() != text.size() || inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1) {
        return std::nullopt;
    }
    return Ipv6Address(bytes);
}

std::string Ipv6Address::str() const
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
}

LinkAddress::LinkAddress(std::span<const std::uint8_t> bytes) noexcept
    : size_(static_cast<std::uint8_t>(std::min(bytes.size(), max_size)))
{
    std::copy_n(bytes.begin(), size_, bytes_.begin());
}

std::optional<LinkAddress> LinkAddress::parse(std::string_view text)
{
    LinkAddress address;
    while (true) {
        unsigned byte = 0;
        if (text.size() < 2 || address.size_ == max_size) {
            return std::nullopt;
        }
        const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
        if (error != std::errc{} || end != text.data() + 2) {
            return std::nullopt;
        }
        address.bytes_.at(address.size_++) = static_cast<std::uint8_t>(byte);
        text.remove_prefix(2);
        if (text.empty()) {
            return address;
        }
        if (text.front() != ':') {
            return std::nullopt;
        }
        text.remove_prefix(1);
    }
}

std::string LinkAddress::str() const
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : bytes()) {
        if (!text.empty()) {
            text += ':';
        }
        text += digits[byte >> 4U];
        text += digits[byte & 0xfU];
    }
    return text;
}

} // namespace keavrf
