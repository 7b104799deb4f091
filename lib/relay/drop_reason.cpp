#include "relay/drop_reason.hpp"

#include <array>

namespace keavrf::relay {

std::string_view name(DropReason reason) noexcept
{
    static constexpr std::array<std::string_view, drop_reason_count> names{"malformed",
                                                                           "truncated",
                                                                           "send-failed",
                                                                           "socket-full",
                                                                           "moved",
                                                                           "bad-address",
                                                                           "hops",
                                                                           "rate",
                                                                           "bootp",
                                                                           "leasequery",
                                                                           "spoofed-giaddr",
                                                                           "untrusted-relay",
                                                                           "untrusted-option82",
                                                                           "no-giaddr",
                                                                           "off-link",
                                                                           "no-server",
                                                                           "queue-full",
                                                                           "server-busy",
                                                                           "not-from-server",
                                                                           "not-reply",
                                                                           "unknown-giaddr",
                                                                           "no-port"};
    return names.at(static_cast<std::size_t>(reason));
}

} // namespace keavrf::relay
