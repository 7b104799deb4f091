// The kinds of DHCPv4 message (option 53): RFC 2131, 3203, 4388, 6926, 7724.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keavrf::dhcp {

// Numbers as on the wire; `bootp` says that there is no option 53 (RFC 951, 1534).
enum class MessageType : std::uint8_t {
    bootp = 0,
    discover = 1,
    offer = 2,
    request = 3,
    decline = 4,
    ack = 5,
    nak = 6,
    release = 7,
    inform = 8,
    force_renew = 9,
    lease_query = 10,
    lease_unassigned = 11,
    lease_unknown = 12,
    lease_active = 13,
    bulk_lease_query = 14,
    lease_query_done = 15,
    active_lease_query = 16,
    lease_query_status = 17,
    tls = 18,
    unknown = 19, // every number above
};

inline constexpr std::size_t message_type_count = 20;

// From the wire's number, which is not 0.
MessageType message_type(std::uint8_t number) noexcept;

// "discover", "offer", ... as metrics and `watch` name them; stable.
std::string_view name(MessageType type) noexcept;

} // namespace keavrf::dhcp
