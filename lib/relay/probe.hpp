// "Do you still answer clients?": a relayed DHCPINFORM from the relay's own address (RFC 2131 4.3.5), which Kea
// acknowledges to ciaddr:68 also where no subnet matches, and for which it writes no lease. The bytes, and the answer
// recognised; when to send and what silence means is lib/instance/health.hpp's business. Pure.
#pragma once

#include "core/ip_address.hpp"
#include "dhcp/message4.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace keavrf::relay {

class Probe {
public:
    // giaddr and ciaddr: `address`, which no tenant can use (its prefix is refused at every port).
    explicit Probe(Ipv4Address address) : address_(address) {}

    using Bytes = std::array<std::uint8_t, dhcp::minimum_size>;
    // A new one; answers to those before are recognised no more.
    Bytes next();
    // Whether this is the answer to the last one.
    [[nodiscard]] bool answered_by(const dhcp::Message4& message) const noexcept;

private:
    Ipv4Address address_;
    std::uint32_t xid_ = 0x6b656100; // "kea"
};

} // namespace keavrf::relay
