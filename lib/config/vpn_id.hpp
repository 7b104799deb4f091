// A VPN-ID (RFC 2685) as it is written: six hexadecimal digits of an OUI, a colon, eight of an index. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keavrf::config {

// Three bytes of OUI, four of index; nothing where the text is none.
std::optional<std::array<std::uint8_t, 7>> parse_vpn_id(std::string_view text) noexcept;

} // namespace keavrf::config
