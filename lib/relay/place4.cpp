#include "relay/place4.hpp"

#include "dhcp/option82.hpp"

#include <algorithm>

namespace keavrf::relay {

namespace {

using dhcp::Message4;
using dhcp::MessageType;

bool echoes(std::span<const std::uint8_t> option82, std::uint8_t code, std::string_view own) noexcept
{
    dhcp::SubOptionReader reader(option82);
    for (auto found = reader.next(); found && !own.empty(); found = reader.next()) {
        if (found->code == code &&
            std::equal(found->value.begin(), found->value.end(), own.begin(), own.end(),
                       [](std::uint8_t byte, char text) { return byte == static_cast<std::uint8_t>(text); })) {
            return true;
        }
    }
    return false;
}

// How well an echoed option 82 names this port: by its circuit-id, which says on which circuit the client is (RFC 3046
// 3.1), and where that is not the port's alone, or not sent, by its remote-id. 0: not at all.
unsigned likeness(std::span<const std::uint8_t> option82, const Port& port) noexcept
{
    const auto& circuit_id = port.option82.circuit_id();
    if (!circuit_id.empty() && !echoes(option82, dhcp::suboption::circuit_id, circuit_id)) {
        return 0;
    }
    const auto circuit = circuit_id.empty() ? 0U : 1U;
    return circuit + (echoes(option82, dhcp::suboption::remote_id, port.option82.remote_id()) ? 1U : 0U);
}

// Whether what likeness() looks at was ours in a message: a client's own option 82 that was kept, or appended to, may
// name a circuit of its own.
bool names_us(OwnPart part, const Port& port) noexcept
{
    const auto first = port.option82.circuit_id().empty() ? dhcp::suboption::remote_id : dhcp::suboption::circuit_id;
    return part.is_all() || part.has(first);
}

// Several ports may share one giaddr (unnumbered interfaces): the echoed option 82 tells them apart, else the exchange
// does. One whose circuit-id is the client's own says nothing of ports: there the exchange tells, unless the port that
// it names waits for an answer to the same key.
Port* pick_port(std::span<Port* const> ports, const Message4& message, const ExchangeKey& key) noexcept
{
    if (ports.size() == 1) {
        return ports.front();
    }
    dhcp::OptionValue joined;
    const auto option = message.relay_information(joined);
    unsigned best = 0;
    for (const auto* port : ports) {
        best = std::max(best, likeness(option, *port));
    }
    const auto alike = [&](const Port* port) { return likeness(option, *port) == best; };
    const auto waits = [&](Port* port, bool named_by_us) {
        const auto* exchange = port->exchanges.find(key);
        return exchange != nullptr && names_us(exchange->own_option82, *port) == named_by_us;
    };
    const auto first = [&](const auto& that) {
        const auto found = std::find_if(ports.begin(), ports.end(), that);
        return found == ports.end() ? nullptr : *found;
    };
    auto* const waiting = first([&](Port* port) { return alike(port) && waits(port, true); });
    if (waiting != nullptr && best > 0) {
        return waiting;
    }
    if (auto* const named_by_client = first([&](Port* port) { return waits(port, false); })) {
        return named_by_client;
    }
    return best > 0 && std::count_if(ports.begin(), ports.end(), alike) == 1 ? first(alike) : waiting;
}

// The answer to a DHCPINFORM comes to ciaddr, without giaddr and option 82 (FACTS section 1).
Port* port_of_inform(Domain& domain, const Message4& message, const ExchangeKey& key) noexcept
{
    const auto asked = [&](Port& port) {
        const auto* exchange = port.exchanges.find(key);
        return exchange != nullptr && exchange->type == MessageType::inform && exchange->pending != 0 &&
               !message.ciaddr().unspecified() && exchange->ciaddr == message.ciaddr();
    };
    auto* likely = domain.port(domain.inform_heard_on(key));
    if (likely != nullptr && asked(*likely)) {
        return likely;
    }
    for (auto& [index, port] : domain.ports()) {
        if (asked(port)) {
            return &port;
        }
    }
    return nullptr;
}

// A downstream relay that is heard on several ports may know us by another address on each, and want its answers at
// another UDP port: it is answered as it asked, the one that waits for longest first. Where nobody knows which that
// was, by the port on which it was heard last: its way is by that one now (RFC 2131 4.1: to giaddr, wherever that is).
Port* port_of_relayed(Domain& domain, const Downstream& downstream, const ExchangeKey& key) noexcept
{
    auto* const last = domain.port(downstream.port);
    auto* chosen = last;
    const Exchange* asked = nullptr;
    const auto look_at = [&](Port* port) {
        const auto* exchange = port == nullptr || !port->config.relay.trusted ? nullptr : port->exchanges.find(key);
        if (exchange == nullptr) {
            return;
        }
        const bool waits = exchange->pending != 0;
        const bool other_waits = asked != nullptr && asked->pending != 0;
        if (asked == nullptr || (waits && (!other_waits || exchange->arrived < asked->arrived))) {
            chosen = port;
            asked = exchange;
        }
    };
    look_at(last);
    for (const auto before : downstream.before) {
        if (before != InterfaceIndex()) {
            look_at(domain.port(before));
        }
    }
    return chosen;
}

} // namespace

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
        place.port = place.downstream == nullptr ? nullptr : port_of_relayed(domain, *place.downstream, key);
    }
    if (place.port == nullptr) {
        return DropReason::unknown_giaddr;
    }
    place.exchange = place.port->exchanges.find(key);
    return place;
}

} // namespace keavrf::relay
