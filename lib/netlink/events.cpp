// What the kernel's messages say that has happened.
#include "netlink/rtnetlink.hpp"

#include <linux/rtnetlink.h>

namespace keavrf::netlink {

namespace {

template <class Changed, class Value>
Result<std::optional<Event>> as_event(Result<std::optional<Value>> parsed)
{
    if (!parsed) {
        return parsed.error();
    }
    if (!*parsed) {
        return std::optional<Event>();
    }
    return std::optional<Event>(Changed{std::move(**parsed)});
}

} // namespace

Result<std::optional<Event>> parse_event(const Message& message)
{
    switch (message.type) {
    case RTM_NEWLINK:
        return as_event<LinkChanged>(parse_link(message));
    case RTM_NEWADDR:
        return as_event<AddressChanged>(parse_address(message));
    case RTM_DELADDR:
        return as_event<AddressRemoved>(parse_address(message));
    case RTM_DELLINK: {
        auto link = parse_link(message);
        if (!link) {
            return link.error();
        }
        if (!*link) {
            return std::optional<Event>();
        }
        return std::optional<Event>(LinkRemoved{(*link)->index, std::move((*link)->name)});
    }
    default:
        return std::optional<Event>();
    }
}

Result<std::optional<Event>> parse_event(Bytes message)
{
    MessageReader reader(message);
    const auto first = reader.next();
    if (!first) {
        return Error("netlink: malformed message of " + std::to_string(message.size()) + " bytes");
    }
    return parse_event(*first);
}

} // namespace keavrf::netlink
