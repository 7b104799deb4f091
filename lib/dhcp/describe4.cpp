#include "dhcp/describe4.hpp"

#include <algorithm>

namespace keavrf::dhcp {

namespace {

constexpr std::uint8_t ethernet = 1;
constexpr std::size_t ethernet_size = 6;

std::string hexadecimal(std::span<const std::uint8_t> bytes)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 0xfU];
    }
    return text;
}

// RFC 2132 9.14: the hardware type and address, as most clients send it.
bool repeats_chaddr(const Message4& message, std::span<const std::uint8_t> identifier)
{
    const auto chaddr = message.chaddr();
    return identifier.size() == chaddr.size() + 1 && identifier[0] == message.htype() &&
           std::equal(chaddr.begin(), chaddr.end(), identifier.begin() + 1);
}

} // namespace

std::string client_text(const Message4& message)
{
    const auto chaddr = message.chaddr();
    auto text = message.htype() == ethernet && chaddr.size() == ethernet_size
                    ? LinkAddress(chaddr).str()
                    : "htype " + std::to_string(message.htype()) + " " + hexadecimal(chaddr);
    const auto identifier = message.find(option::client_identifier);
    if (identifier && !repeats_chaddr(message, identifier->bytes())) {
        text += " id=" + hexadecimal(identifier->bytes());
    }
    return text;
}

std::optional<Ipv4Address> subject_address(const Message4& message)
{
    if (!message.yiaddr().unspecified()) {
        return message.yiaddr();
    }
    if (!message.ciaddr().unspecified()) {
        return message.ciaddr();
    }
    const auto requested = message.find(option::requested_address);
    if (!requested || requested->size != 4) {
        return std::nullopt;
    }
    std::uint32_t value = 0;
    for (const auto byte : requested->bytes()) {
        value = value << 8U | byte;
    }
    return Ipv4Address(value);
}

} // namespace keavrf::dhcp
