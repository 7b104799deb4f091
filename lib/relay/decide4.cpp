#include "relay/decide4.hpp"

#include "dhcp/option82.hpp"

#include <algorithm>

namespace keavrf::relay {

namespace {

using config::Option82Policy;
using dhcp::Message4;
using dhcp::MessageType;
namespace suboption = dhcp::suboption;

constexpr std::uint8_t relay_flag_unicast = 0x80; // RFC 5010 3
constexpr std::uint8_t ethernet = 1;

// DESIGN section 5, 1: addresses that no client and no relay can have; Kea would log an error for each. 169.254/16 is
// where the pairs live.
bool impossible(Ipv4Address address)
{
    return !address.unspecified() &&
           (address.value() >> 24U == 0 || address.loopback() || address.link_local() || address.multicast_or_above());
}

std::optional<DropReason> refuse(const Message4& message, Port& port, TimePoint now)
{
    const auto& settings = port.config.relay;
    if (message.operation() != static_cast<std::uint8_t>(dhcp::Operation::request)) {
        return DropReason::malformed;
    }
    if (impossible(message.ciaddr()) || impossible(message.giaddr())) {
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

dhcp::SubOptionWriter own_option82(const Port& port, const Message4& message, bool beyond, bool unicast)
{
    const auto& settings = port.config.relay;
    dhcp::SubOptionWriter writer;
    writer.append(port.identifiers);
    if (beyond) {
        writer.add(suboption::link_selection, message.ciaddr().value()); // RFC 3527
    } else if (settings.link_selection) {
        writer.add(suboption::link_selection, port.client_address.value());
    }
    if (settings.relay_flags) {
        const std::array<std::uint8_t, 1> flags{unicast ? relay_flag_unicast : std::uint8_t{0}}; // RFC 5010
        writer.add(suboption::relay_flags, std::span<const std::uint8_t>(flags));
    }
    if (settings.server_id_override) {
        writer.add(suboption::server_id_override, port.client_address.value()); // RFC 5107
    }
    if (!port.vss.empty()) {
        // RFC 6607 3: a server that understands 151 takes 152 away, so the answer tells whether it did.
        writer.add(suboption::vss, std::span<const std::uint8_t>(port.vss));
        writer.add(suboption::vss_control, std::span<const std::uint8_t>());
    }
    return writer;
}

// False where ours did not fit: the message then has what the client sent (replace: nothing).
bool add_option82(const Port& port, Message4& message, const dhcp::SubOptionWriter& own)
{
    const auto policy = port.config.relay.option82;
    const auto fits = own.ok() && port.identifiers_fit;
    if (!message.has_relay_information()) {
        return own.bytes().empty() || (fits && message.set_relay_information(own.bytes(), port.limit));
    }
    if (policy == Option82Policy::keep) {
        return true;
    }
    if (policy == Option82Policy::replace) {
        if (fits && !own.bytes().empty() && message.set_relay_information(own.bytes(), port.limit)) {
            return true;
        }
        message.remove_relay_information();
        return own.bytes().empty();
    }
    const auto present = message.relay_information();
    if (!present) {
        return false; // theirs alone is longer than one option (RFC 3396)
    }
    dhcp::SubOptionWriter both;
    both.append(present->bytes());
    both.append(own.bytes());
    return fits && both.ok() && message.set_relay_information(both.bytes(), port.limit);
}

// Option 54, where it holds an address of ours, names Kea again. Returns the address by which the sender knows us.
Ipv4Address turn_server_identifier(const Domain& domain, const Port& port, Message4& message, const Arrival& arrival)
{
    const auto identifier = message.server_identifier();
    if (identifier && domain.own(*identifier)) {
        message.replace_server_identifier(*identifier, domain.server());
        return *identifier;
    }
    return domain.own(arrival.destination) ? arrival.destination : port.client_address;
}

Drop drop(DropReason reason)
{
    return Drop{reason};
}

bool usable_mac(const Message4& message)
{
    const auto chaddr = message.chaddr();
    return message.htype() == ethernet && chaddr.size() == std::tuple_size_v<dhcp::EthernetAddress> &&
           (chaddr[0] & 1U) == 0 &&
           std::any_of(chaddr.begin(), chaddr.end(), [](std::uint8_t byte) { return byte != 0; });
}

// Where our part of an echoed option 82 begins: the last place from which it is our identifiers and then nothing but
// what own_option82() adds; its size where there is none.
std::size_t own_part(const Port& port, std::span<const std::uint8_t> option)
{
    const auto dynamic = [](std::span<const std::uint8_t> rest) {
        dhcp::SubOptionReader reader(rest);
        std::size_t read = 0;
        std::uint8_t last = 0;
        for (auto found = reader.next(); found; found = reader.next()) {
            const auto code = found->code;
            if (code <= last ||
                (code != suboption::link_selection && code != suboption::relay_flags &&
                 code != suboption::server_id_override && code != suboption::vss && code != suboption::vss_control)) {
                return false;
            }
            last = code;
            read += 2 + found->value.size();
        }
        return read == rest.size();
    };
    auto begin = option.size();
    const auto& identifiers = port.identifiers;
    dhcp::SubOptionReader reader(option);
    for (auto found = reader.next(); found; found = reader.next()) {
        const auto rest = option.subspan(found->offset);
        if (rest.size() >= identifiers.size() && std::equal(identifiers.begin(), identifiers.end(), rest.begin()) &&
            dynamic(rest.subspan(identifiers.size()))) {
            begin = found->offset;
            if (identifiers.empty()) {
                break; // the longest such tail
            }
        }
    }
    return begin;
}

// RFC 3046 2.1: what we added goes before the client sees it, and nothing else.
void strip_option82(const Port& port, Message4& message, const Exchange* exchange)
{
    const auto& settings = port.config.relay;
    if (!message.has_relay_information()) {
        return;
    }
    if (!settings.trusted || settings.option82 == Option82Policy::drop ||
        settings.option82 == Option82Policy::replace) {
        message.remove_relay_information();
        return;
    }
    const auto option = message.relay_information();
    if (!option || (exchange != nullptr && exchange->kept_option82)) {
        return;
    }
    const auto begin = own_part(port, option->bytes());
    if (begin == 0) {
        message.remove_relay_information();
    } else if (begin < option->size) {
        message.set_relay_information(option->bytes().first(begin), message.size());
    }
}

// Several ports may share one giaddr (unnumbered interfaces): the echoed circuit-id tells them apart, else the
// exchange does.
Port* pick_port(std::span<Port* const> ports, const Message4& message, const ExchangeKey& key) noexcept
{
    if (ports.size() == 1) {
        return ports.front();
    }
    const auto option = message.relay_information();
    const auto echoes = [&](const Port& port) {
        dhcp::SubOptionReader reader(option ? option->bytes() : std::span<const std::uint8_t>());
        for (auto found = reader.next(); found; found = reader.next()) {
            if (found->code == suboption::circuit_id && !port.circuit_id.empty() &&
                std::equal(found->value.begin(), found->value.end(), port.circuit_id.begin(), port.circuit_id.end(),
                           [](std::uint8_t byte, char text) { return byte == static_cast<std::uint8_t>(text); })) {
                return true;
            }
        }
        return false;
    };
    const auto matching = std::count_if(ports.begin(), ports.end(), [&](const Port* port) { return echoes(*port); });
    for (auto* port : ports) {
        const auto candidate = matching == 0 || echoes(*port);
        if (candidate && (matching == 1 || port->exchanges.find(key) != nullptr)) {
            return port;
        }
    }
    return nullptr;
}

// The answer to a DHCPINFORM comes to ciaddr, without giaddr and option 82 (FACTS section 1).
Port* port_of_inform(Domain& domain, const Message4& message, const ExchangeKey& key) noexcept
{
    for (auto& [index, port] : domain.ports()) {
        const auto* exchange = port.exchanges.find(key);
        if (exchange != nullptr && exchange->type == MessageType::inform && exchange->pending != 0 &&
            !message.ciaddr().unspecified() && exchange->ciaddr == message.ciaddr()) {
            return &port;
        }
    }
    return nullptr;
}

// Where an answer belongs: the port, the exchange if it is still known, the downstream relay if there is one.
struct Place {
    Port* port = nullptr;
    Exchange* exchange = nullptr;
    const Downstream* downstream = nullptr;
};

std::variant<Place, DropReason> find_place(Domain& domain, const Message4& message) noexcept
{
    const ExchangeKey key(message);
    Place place;
    const auto ports = domain.ports_at(message.giaddr());
    if (message.giaddr().unspecified()) {
        place.port = port_of_inform(domain, message, key);
    } else if (!ports.empty()) {
        place.port = pick_port(ports, message, key);
        if (place.port == nullptr) {
            return DropReason::no_port;
        }
    } else {
        place.downstream = domain.downstream(message.giaddr());
        place.port = place.downstream == nullptr ? nullptr : domain.port(place.downstream->port);
    }
    if (place.port == nullptr) {
        return DropReason::unknown_giaddr;
    }
    place.exchange = place.port->exchanges.find(key);
    return place;
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
    return place.port->client_address;
}

// What the answer says of its server: the override that was echoed (RFC 5107 4), else the address the receiver knows.
// Kea carries its own there, which only the hub can reach (FACTS section 1).
void turn_answer(const Domain& domain, Message4& message, Ipv4Address known)
{
    if (message.server_identifier() != domain.server()) {
        return;
    }
    auto identifier = known;
    if (const auto option = message.relay_information()) {
        const auto value = dhcp::find_sub_option(option->bytes(), suboption::server_id_override);
        if (value && value->size() == 4) {
            std::uint32_t number = 0;
            for (const auto byte : *value) {
                number = number << 8U | byte;
            }
            identifier = Ipv4Address(number);
        }
    }
    message.replace_server_identifier(domain.server(), identifier);
}

// RFC 2131 4.1, in the order of DESIGN section 5.
ReplyDestination destination(const Place& place, Message4& message, Ipv4Address source)
{
    const auto& port = *place.port;
    const auto index = port.config.index;
    const auto nak = message.type() == MessageType::nak;
    if (place.downstream != nullptr) {
        if (nak) {
            message.set_broadcast_flag(); // RFC 2131 4.3.2; Kea before 3.0.4 leaves it to us
        }
        return ToRelay{index, source, message.giaddr()};
    }
    if (nak) {
        return Broadcast{index, port.client_address};
    }
    if (!message.ciaddr().unspecified()) {
        const auto routed = port.config.relay.trusted && !port.on_link(message.ciaddr());
        return UnicastUdp{index, source, message.ciaddr(), routed};
    }
    const auto frame_fits = message.size() + dhcp::ip_udp_size <= port.config.mtu;
    if (message.broadcast_flag() || message.yiaddr().unspecified() || !port.ethernet || !usable_mac(message) ||
        !frame_fits) {
        return Broadcast{index, port.client_address};
    }
    Frame frame{index, port.client_address, message.yiaddr(), port.mac, {}};
    std::copy_n(message.chaddr().begin(), frame.chaddr.size(), frame.chaddr.begin());
    return frame;
}

} // namespace

RequestDecision client_to_server(Domain& domain, Port& port, Message4& message, const Arrival& arrival) noexcept
{
    if (const auto reason = refuse(message, port, arrival.now)) {
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
    Forward forward;
    Exchange exchange;
    exchange.arrived = arrival.now;
    exchange.ciaddr = message.ciaddr();
    exchange.type = message.type();
    exchange.relay_address = turn_server_identifier(domain, port, message, arrival);
    message.set_hops(static_cast<std::uint8_t>(message.hops() + 1U));
    if (message.giaddr().unspecified()) {
        exchange.kept_option82 = message.has_relay_information() && port.config.relay.option82 == Option82Policy::keep;
        const auto own = own_option82(port, message, beyond, domain.own(arrival.destination));
        forward.option82_overflow = !add_option82(port, message, own);
        message.set_giaddr(*port.config.giaddr);
    } else {
        domain.hear_downstream(message.giaddr(), {port.config.index, exchange.relay_address, arrival.now});
    }
    message.pad_to(dhcp::minimum_size);
    port.exchanges.remember(ExchangeKey(message), exchange);
    return forward;
}

ReplyDecision server_to_client(Domain& domain, Message4& message, TimePoint now) noexcept
{
    if (message.operation() != static_cast<std::uint8_t>(dhcp::Operation::reply)) {
        return {drop(DropReason::not_reply), std::nullopt};
    }
    const auto found = find_place(domain, message);
    if (const auto* reason = std::get_if<DropReason>(&found)) {
        return {drop(*reason), std::nullopt};
    }
    const auto place = *std::get_if<Place>(&found);
    ReplyDecision decision;
    if (place.exchange != nullptr && place.exchange->pending != 0) {
        --place.exchange->pending;
        decision.answer_time = now - place.exchange->arrived;
    }
    const auto known = known_address(domain, place);
    turn_answer(domain, message, known);
    if (place.downstream == nullptr) {
        strip_option82(*place.port, message, place.exchange);
    }
    message.pad_to(dhcp::minimum_size);
    decision.to = destination(place, message, known);
    return decision;
}

} // namespace keavrf::relay
