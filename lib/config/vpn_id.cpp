#include "config/vpn_id.hpp"

#include <charconv>
#include <cstddef>

namespace keavrf::config {

namespace {

std::optional<std::uint32_t> hexadecimal(std::string_view text, std::size_t digits) noexcept
{
    std::uint32_t value = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
    if (text.size() != digits || error != std::errc{} || stop != end) {
        return std::nullopt;
    }
    return value;
}

} // namespace

std::optional<std::array<std::uint8_t, 7>> parse_vpn_id(std::string_view text) noexcept
{
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto oui = hexadecimal(text.substr(0, colon), 6);
    const auto index = hexadecimal(text.substr(colon + 1), 8);
    if (!oui || !index) {
        return std::nullopt;
    }
    return std::array{static_cast<std::uint8_t>(*oui >> 16U),   static_cast<std::uint8_t>(*oui >> 8U),
                      static_cast<std::uint8_t>(*oui),          static_cast<std::uint8_t>(*index >> 24U),
                      static_cast<std::uint8_t>(*index >> 16U), static_cast<std::uint8_t>(*index >> 8U),
                      static_cast<std::uint8_t>(*index)};
}

} // namespace keavrf::config
