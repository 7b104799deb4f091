// Which sub-options of a forwarded option 82 are this relay's: the exchange remembers it, so that exactly these are cut
// from the answer. One byte, since the entry of an exchange is one line of the cache. Pure.
#pragma once

#include "dhcp/option82.hpp"

#include <cstdint>

namespace keavrf::relay {

class OwnPart {
public:
    // The client sent no option 82, or none of it was left.
    static constexpr OwnPart all() noexcept { return OwnPart(0x80); }
    // The client's own option as it came, until something is added.
    static constexpr OwnPart none() noexcept { return OwnPart(0); }

    // Of codes that this relay never adds nothing is kept.
    constexpr void add(std::uint8_t code) noexcept { bits_ |= bit(code); }
    [[nodiscard]] constexpr bool has(std::uint8_t code) const noexcept { return (bits_ & bit(code)) != 0; }
    [[nodiscard]] constexpr bool is_all() const noexcept { return *this == all(); }
    friend constexpr bool operator==(OwnPart, OwnPart) noexcept = default;

private:
    explicit constexpr OwnPart(std::uint8_t bits) noexcept : bits_(bits) {}
    static constexpr std::uint8_t bit(std::uint8_t code) noexcept
    {
        switch (code) {
        case dhcp::suboption::circuit_id:
            return 0x01;
        case dhcp::suboption::remote_id:
            return 0x02;
        case dhcp::suboption::link_selection:
            return 0x04;
        case dhcp::suboption::relay_flags:
            return 0x08;
        case dhcp::suboption::server_id_override:
            return 0x10;
        case dhcp::suboption::vss:
        case dhcp::suboption::vss_control:
            return 0x20; // one is nothing without the other (RFC 6607 3)
        default:
            return 0;
        }
    }

    std::uint8_t bits_;
};

} // namespace keavrf::relay
