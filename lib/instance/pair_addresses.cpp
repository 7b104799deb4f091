#include "instance/pair_addresses.hpp"

#include <array>

namespace keavrf::instance {

namespace {

// Locally administered unicast; the fourth byte tells the two ends apart.
LinkAddress mac(std::uint8_t end, Slot slot)
{
    const std::array<std::uint8_t, 6> bytes{
        0x02, 0x6b, 0x76, end, static_cast<std::uint8_t>(slot.value() >> 8U), static_cast<std::uint8_t>(slot.value())};
    return LinkAddress(bytes);
}

Ipv6Address link_local(std::uint8_t last)
{
    Ipv6Address::Bytes bytes{};
    bytes[0] = 0xfe;
    bytes[1] = 0x80;
    bytes[15] = last;
    return Ipv6Address(bytes);
}

} // namespace

PairAddresses pair_addresses(Slot slot)
{
    constexpr std::uint32_t first = 0xa9fe0100; // 169.254.1.0
    const std::uint32_t base = first + slot.value() * 4;
    return PairAddresses{.relay = Ipv4Address(base + 1),
                         .kea = Ipv4Address(base + 2),
                         .relay_v6 = link_local(1),
                         .kea_v6 = link_local(2),
                         .relay_mac = mac(1, slot),
                         .kea_mac = mac(2, slot)};
}

} // namespace keavrf::instance
