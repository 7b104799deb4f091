// The life of an answer from the server to a client or a downstream relay: DESIGN section 5, second list.
#include "dhcp/option82.hpp"
#include "relay/decide4.hpp"
#include "relay/place4.hpp"

#include <algorithm>

namespace keavrf::relay {

namespace {

using dhcp::Message4;
using dhcp::MessageType;

constexpr std::uint8_t ethernet = 1;

bool usable_mac(const Message4& message)
{
    const auto chaddr = message.chaddr();
    return message.htype() == ethernet && chaddr.size() == std::tuple_size_v<dhcp::EthernetAddress> &&
           (chaddr[0] & 1U) == 0 &&
           std::any_of(chaddr.begin(), chaddr.end(), [](std::uint8_t byte) { return byte != 0; });
}

// The address by which the receiver knows us, as far as it is ours still.
Ipv4Address known_address(const Domain& domain, const Place& place)
{
    if (place.exchange != nullptr && domain.own(place.exchange->relay_address)) {
        return place.exchange->relay_address;
    }
    if (place.downstream != nullptr && domain.own(place.downstream->relay_address)) {
        return place.downstream->relay_address;
    }
    return domain.address_at(*place.port);
}

// What the answer says of its server: the override that was echoed (RFC 5107 4), else the address the receiver knows.
// Kea carries its own there, which only the hub can reach (FACTS section 1).
void turn_answer(const Domain& domain, Message4& message, Ipv4Address known)
{
    if (message.server_identifier() != domain.server()) {
        return;
    }
    auto identifier = known.unspecified() ? domain.server() : known;
    dhcp::OptionValue joined;
    const auto value = dhcp::find_sub_option(message.relay_information(joined), dhcp::suboption::server_id_override);
    if (value && value->size() == 4) {
        std::uint32_t number = 0;
        for (const auto byte : *value) {
            number = number << 8U | byte;
        }
        identifier = Ipv4Address(number);
    }
    message.replace_server_identifier(domain.server(), identifier);
}

// One frame to the client's own hardware address; nothing where it has none that a frame could bear.
std::optional<Frame> frame_to(const Port& port, const Message4& message, Ipv4Address source, Ipv4Address client)
{
    if (client.unspecified() || !port.ethernet || !usable_mac(message) ||
        message.size() + dhcp::ip_udp_size > port.config.mtu) {
        return std::nullopt;
    }
    Frame frame{port.config.index, source, client, port.mac, {}};
    std::copy_n(message.chaddr().begin(), frame.chaddr.size(), frame.chaddr.begin());
    return frame;
}

// A client that has its address (RFC 2131 4.1: unicast to ciaddr). One on the link gets a frame: nothing has to be
// resolved, so no flood of invented ciaddrs fills the host's neighbour table. One that sets the broadcast flag may be
// behind a bridge that hides its hardware address: there the kernel resolves, as often as the port and the host
// may; where they may not, the frame is better than nothing.
ReplyDestination to_ciaddr(const Place& place, const Message4& message, Ipv4Address source, TimePoint now)
{
    auto& port = *place.port;
    const auto direct = place.exchange != nullptr && place.exchange->direct;
    if (!direct && port.config.relay.trusted && !port.on_link(message.ciaddr())) {
        return UnicastUdp{port.config.index, source, message.ciaddr(), true};
    }
    const auto frame = frame_to(port, message, source, message.ciaddr());
    const auto hidden = message.broadcast_flag() || !frame;
    if (hidden && port.on_link(message.ciaddr()) && port.may_resolve(now)) {
        return UnicastUdp{port.config.index, source, message.ciaddr(), false};
    }
    if (frame) {
        return *frame;
    }
    return Broadcast{port.config.index, source};
}

// RFC 2131 4.1, in the order of DESIGN section 5.
ReplyDestination destination(const Place& place, Message4& message, Ipv4Address source, TimePoint now)
{
    const auto& port = *place.port;
    const auto index = port.config.index;
    const auto nak = message.type() == MessageType::nak;
    if (place.downstream != nullptr) {
        if (nak) {
            message.set_broadcast_flag(); // RFC 2131 4.3.2; Kea before 3.0.4 leaves it to us
        }
        const auto udp_port = place.exchange == nullptr ? dhcp::server_port : place.exchange->answer_port;
        return ToRelay{index, source, message.giaddr(), udp_port};
    }
    if (nak) {
        const auto* exchange = place.exchange;
        if (exchange != nullptr && !exchange->direct && !exchange->ciaddr.unspecified() && port.config.relay.trusted) {
            return UnicastUdp{index, source, exchange->ciaddr, true}; // which a NAK does not name (RFC 2131 table 3)
        }
        return Broadcast{index, port.client_address};
    }
    if (!message.ciaddr().unspecified()) {
        return to_ciaddr(place, message, source, now);
    }
    const auto frame = frame_to(port, message, port.client_address, message.yiaddr());
    if (frame && !message.broadcast_flag()) {
        return *frame;
    }
    return Broadcast{index, port.client_address};
}

Drop drop(DropReason reason)
{
    return Drop{reason};
}

} // namespace

ReplyDecision server_to_client(Domain& domain, Message4& message, TimePoint now) noexcept
{
    if (message.operation() != static_cast<std::uint8_t>(dhcp::Operation::reply)) {
        return {drop(DropReason::not_reply), std::nullopt};
    }
    const auto found = find_place(domain, message);
    if (const auto* reason = std::get_if<DropReason>(&found)) {
        domain.admission().answered(0, now);
        return {drop(*reason), std::nullopt};
    }
    const auto place = *std::get_if<Place>(&found);
    domain.admission().answered(place.exchange == nullptr ? 0 : place.exchange->number, now);
    ReplyDecision decision;
    if (place.exchange != nullptr && place.exchange->pending != 0) {
        --place.exchange->pending;
        decision.answer_time = now - place.exchange->arrived;
    }
    const auto known = known_address(domain, place);
    turn_answer(domain, message, known);
    if (place.downstream == nullptr) {
        place.port->option82.strip_from(
            message, place.exchange == nullptr ? std::nullopt : std::optional(place.exchange->own_option82));
    }
    message.pad_to(dhcp::minimum_size);
    decision.to = destination(place, message, known, now);
    return decision;
}

} // namespace keavrf::relay
