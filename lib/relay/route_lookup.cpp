#include "relay/route_lookup.hpp"

#include "netlink/message.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace keavrf::relay {

namespace {

// A route with its attributes; one of many ways takes more, of which the first is enough.
constexpr std::size_t reply_size = 8192;
constexpr std::uint8_t whole_address = 32;

netlink::MessageBuilder question(Ipv4Address address, std::optional<InterfaceIndex> by)
{
    netlink::MessageBuilder request(RTM_GETROUTE, NLM_F_REQUEST);
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_dst_len = whole_address;
    // Else the kernel takes whatever is sent by a certain interface for something on its link.
    header.rtm_flags = by ? RTM_F_FIB_MATCH : 0;
    request.append(header);
    request.ip(RTA_DST, address);
    if (by) {
        request.s32(RTA_OIF, by->value());
    }
    return request;
}

// Nothing for an error (ENETUNREACH, ...), and for a route that leads nowhere (blackhole).
std::optional<InterfaceIndex> interface_in(netlink::Bytes datagram)
{
    netlink::MessageReader reader(datagram);
    const auto message = reader.next();
    rtmsg header{};
    auto payload = message ? message->payload : netlink::Bytes();
    if (!message || message->type != RTM_NEWROUTE || !netlink::take(payload, header) ||
        (header.rtm_type != RTN_UNICAST && header.rtm_type != RTN_LOCAL)) {
        return std::nullopt;
    }
    InterfaceIndex interface;
    for (netlink::AttributeReader attributes(payload); attributes.next();) {
        if (attributes.type() == RTA_OIF) {
            interface = InterfaceIndex(attributes.s32());
        }
    }
    return interface;
}

} // namespace

bool RouteLookup::open()
{
    if (!socket_) {
        socket_.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    }
    return static_cast<bool>(socket_);
}

std::optional<InterfaceIndex> RouteLookup::ask(Ipv4Address address, std::optional<InterfaceIndex> by)
{
    std::array<std::uint8_t, reply_size> reply{};
    while (::recv(socket_.get(), reply.data(), reply.size(), MSG_DONTWAIT) > 0) {
        // of a question before that was not heard to its end
    }
    auto request = question(address, by);
    const auto bytes = request.finish(1);
    if (::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) != static_cast<ssize_t>(bytes.size())) {
        return std::nullopt;
    }
    const auto size = ::recv(socket_.get(), reply.data(), reply.size(), MSG_DONTWAIT);
    return size <= 0 ? std::nullopt : interface_in(netlink::Bytes(reply).first(static_cast<std::size_t>(size)));
}

std::optional<InterfaceIndex> RouteLookup::way_to(Ipv4Address address, InterfaceIndex preferred, TimePoint now)
{
    const auto known = ways_.find({address, preferred});
    if (known != ways_.end() && now < known->second.until) {
        return known->second.interface;
    }
    if (!open()) {
        return preferred;
    }
    const bool by_preferred = ask(address, preferred).has_value();
    const auto way = by_preferred ? std::optional(preferred) : ask(address, std::nullopt);
    if (ways_.size() >= kept) {
        ways_.clear();
    }
    ways_[{address, preferred}] = {way, now + believed};
    return way;
}

} // namespace keavrf::relay
