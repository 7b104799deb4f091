// The life of a message from a client or a downstream relay to the server: DESIGN section 5, first list.
#include "dhcp/option82.hpp"
#include "relay/decide4.hpp"

#include <algorithm>

namespace keavrf::relay {

namespace {

using config::Option82Policy;
using dhcp::Message4;
using dhcp::MessageType;

// DESIGN section 5, 1: addresses that no client and no relay can have; Kea would log an error for each. 169.254/16 is
// where the pairs live.
bool impossible(Ipv4Address address)
{
    return !address.unspecified() &&
           (address.value() >> 24U == 0 || address.loopback() || address.link_local() || address.multicast_or_above());
}

// No client on the port's link has this address: it is ours, or a prefix's first or last one, which is for all of them
// (RFC 1812 4.2.3.1; RFC 3021 for /31). An answer would go to the host itself, or to everybody.
bool nobodys(const Domain& domain, const Port& port, Ipv4Address address)
{
    const auto bounds = [&](const Ipv4Prefix& link) {
        return link.length() < 31 && (address == link.network() || address == link.last());
    };
    return !address.unspecified() && (domain.own(address) || std::any_of(port.links.begin(), port.links.end(), bounds));
}

std::optional<DropReason> refuse(const Domain& domain, const Message4& message, Port& port, TimePoint now)
{
    const auto& settings = port.config.relay;
    if (message.operation() != static_cast<std::uint8_t>(dhcp::Operation::request)) {
        return DropReason::malformed;
    }
    if (impossible(message.ciaddr()) || impossible(message.giaddr()) || nobodys(domain, port, message.ciaddr())) {
        return DropReason::bad_address;
    }
    if (message.hops() >= std::min(settings.max_hops, 255U)) { // RFC 1542 4.1.1
        return DropReason::hops;
    }
    if (!port.bucket.take(now)) {
        return DropReason::rate;
    }
    if (message.type() == MessageType::bootp && !settings.bootp) {
        return DropReason::bootp;
    }
    // RFC 4388 6.3, 7: asked by relays, which name themselves in giaddr; a client could learn others' leases.
    if (message.type() == MessageType::lease_query && (!settings.trusted || message.giaddr().unspecified())) {
        return DropReason::lease_query;
    }
    return std::nullopt;
}

// RFC 3046 2.1, 2.1.1: who may set giaddr and option 82.
std::optional<DropReason> refuse_by_trust(const Domain& domain, const Port& port, const Message4& message)
{
    const auto& settings = port.config.relay;
    if (!message.giaddr().unspecified()) {
        if (domain.own(message.giaddr())) {
            return DropReason::spoofed_giaddr;
        }
        return settings.trusted ? std::nullopt : std::optional(DropReason::untrusted_relay);
    }
    if (message.has_relay_information() && (!settings.trusted || settings.option82 == Option82Policy::drop)) {
        return DropReason::untrusted_option82;
    }
    return port.config.giaddr ? std::nullopt : std::optional(DropReason::no_giaddr);
}

// A unicast from a client that is not on this link: one behind a downstream relay that renews (RFC 2131 4.3.6).
bool from_beyond(const Domain& domain, const Port& port, const Message4& message, const Arrival& arrival)
{
    return message.giaddr().unspecified() && !message.ciaddr().unspecified() && domain.own(arrival.destination) &&
           !port.on_link(message.ciaddr());
}

// Option 54, where it holds an address of ours, names Kea again. Returns the address by which the sender knows us.
Ipv4Address turn_server_identifier(const Domain& domain, const Port& port, Message4& message, const Arrival& arrival)
{
    const auto identifier = message.server_identifier();
    if (identifier && domain.own(*identifier)) {
        message.replace_server_identifier(*identifier, domain.server());
        return *identifier;
    }
    return domain.own(arrival.destination) ? arrival.destination : domain.address_at(port);
}

// RFC 8357 5: a downstream relay that says so wants its answers where its message came from.
std::uint16_t answer_port(const Message4& message, const Arrival& arrival)
{
    if (arrival.source_port == 0 || !message.has_relay_information()) {
        return dhcp::server_port;
    }
    dhcp::OptionValue joined;
    const auto asked = dhcp::find_sub_option(message.relay_information(joined), dhcp::suboption::source_port);
    return asked ? arrival.source_port : dhcp::server_port;
}

// A client that was offered an address already, or has one, is served before newcomers are.
Admission::Kind kind_of(const Message4& message)
{
    return message.type() == MessageType::discover ? Admission::Kind::first : Admission::Kind::later;
}

Drop drop(DropReason reason)
{
    return Drop{reason};
}

} // namespace

RequestDecision client_to_server(Domain& domain, Port& port, Message4& message, const Arrival& arrival) noexcept
{
    if (const auto reason = refuse(domain, message, port, arrival.now)) {
        return drop(*reason);
    }
    if (const auto reason = refuse_by_trust(domain, port, message)) {
        return drop(*reason);
    }
    const auto beyond = from_beyond(domain, port, message, arrival);
    if (beyond && !(port.config.relay.trusted && domain.in_subnet(message.ciaddr()))) {
        return drop(DropReason::off_link);
    }
    if (!domain.serving()) {
        return drop(DropReason::no_server);
    }
    if (arrival.crowded) {
        return drop(DropReason::queue_full);
    }
    auto& admission = domain.admission();
    const auto kind = kind_of(message);
    if (!arrival.held && !admission.has_room(port.share, kind, arrival.now)) {
        return drop(DropReason::server_busy);
    }
    Forward forward;
    Exchange exchange;
    exchange.arrived = arrival.now;
    exchange.ciaddr = message.ciaddr();
    exchange.type = message.type();
    exchange.number = admission.take(port.share, kind, arrival.now);
    exchange.relay_address = turn_server_identifier(domain, port, message, arrival);
    message.set_hops(static_cast<std::uint8_t>(message.hops() + 1U));
    if (message.giaddr().unspecified()) {
        exchange.direct = !beyond;
        const Circuit circuit{domain.own(arrival.destination), beyond ? std::optional(message.ciaddr()) : std::nullopt};
        const auto added = port.option82.add_to(message, circuit, port.limits);
        forward.option82_overflow = !added.fits;
        exchange.own_option82 = added.own;
        message.set_giaddr(*port.config.giaddr);
    } else {
        exchange.answer_port = answer_port(message, arrival);
        domain.hear_downstream(message.giaddr(), {port.config.index, exchange.relay_address, arrival.now});
    }
    message.pad_to(dhcp::minimum_size);
    const ExchangeKey key(message);
    port.exchanges.remember(key, exchange);
    if (exchange.type == dhcp::MessageType::inform) {
        domain.hear_inform(key, port.config.index);
    }
    return forward;
}

} // namespace keavrf::relay
