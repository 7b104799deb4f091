#include "dhcp/message_type.hpp"

#include <array>

namespace keavrf::dhcp {

MessageType message_type(std::uint8_t number) noexcept
{
    return number < message_type_count ? static_cast<MessageType>(number) : MessageType::unknown;
}

std::string_view name(MessageType type) noexcept
{
    static constexpr std::array<std::string_view, message_type_count> names{
        "bootp",        "discover",    "offer",          "request",        "decline",          "ack",
        "nak",          "release",     "inform",         "forcerenew",     "leasequery",       "leaseunassigned",
        "leaseunknown", "leaseactive", "bulkleasequery", "leasequerydone", "activeleasequery", "leasequerystatus",
        "tls",          "unknown"};
    return names.at(static_cast<std::size_t>(type));
}

} // namespace keavrf::dhcp
