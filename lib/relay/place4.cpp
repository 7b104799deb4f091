#include "relay/place4.hpp"

#include "dhcp/option82.hpp"

#include <algorithm>

namespace keavrf::relay {

namespace {

using dhcp::Message4;
using dhcp::MessageType;

// RFC 3046 3.1: the circuit-id says on which circuit the client is.
bool echoes_circuit_id(std::span<const std::uint8_t> option82, const Port& port) noexcept
{
    const auto& own = port.option82.circuit_id();
    dhcp::SubOptionReader reader(option82);
    for (auto found = reader.next(); found; found = reader.next()) {
        if (found->code == dhcp::suboption::circuit_id && !own.empty() &&
            std::equal(found->value.begin(), found->value.end(), own.begin(), own.end(),
                       [](std::uint8_t byte, char text) { return byte == static_cast<std::uint8_t>(text); })) {
            return true;
        }
    }
    return false;
}

// Several ports may share one giaddr (unnumbered interfaces): the echoed circuit-id tells them apart, else the
// exchange does.
Port* pick_port(std::span<Port* const> ports, const Message4& message, const ExchangeKey& key) noexcept
{
    if (ports.size() == 1) {
        return ports.front();
    }
    dhcp::OptionValue joined;
    const auto option = message.relay_information(joined);
    const auto echoes = [&](const Port* port) { return echoes_circuit_id(option, *port); };
    const auto matching = std::count_if(ports.begin(), ports.end(), echoes);
    for (auto* port : ports) {
        const auto candidate = matching == 0 || echoes(port);
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
        place.port = place.downstream == nullptr ? nullptr : domain.port(place.downstream->port);
    }
    if (place.port == nullptr) {
        return DropReason::unknown_giaddr;
    }
    place.exchange = place.port->exchanges.find(key);
    return place;
}

} // namespace keavrf::relay
