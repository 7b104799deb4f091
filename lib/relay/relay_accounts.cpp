// What Relay counts, and tells, of each packet.
#include "core/log.hpp"
#include "dhcp/describe4.hpp"
#include "relay/relay.hpp"
#include "relay/udp_socket.hpp"

namespace keavrf::relay {

namespace {

void log_event(const ExchangeEvent& event)
{
    const auto* const name = event.direction == ExchangeEvent::Direction::to_server ? "relay.request" : "relay.answer";
    log::debug(name, event.vrf, event.dropped ? "dropped" : "relayed",
               {{"interface", std::string(event.interface)},
                {"client", event.client},
                {"type", std::string(dhcp::name(event.type))},
                {"address", event.address ? event.address->str() : std::string()},
                {"reason", std::string(event.dropped ? relay::name(*event.dropped) : std::string_view())}});
}

} // namespace

std::uint64_t* Relay::forwarded(InterfaceIndex port, dhcp::MessageType type) noexcept
{
    const auto found = counters_.ports.find(port);
    return found == counters_.ports.end() ? nullptr : &found->second.v4.to_server.at(static_cast<std::size_t>(type));
}

std::uint64_t* Relay::delivered(InterfaceIndex port, dhcp::MessageType type) noexcept
{
    const auto found = counters_.ports.find(port);
    return found == counters_.ports.end() ? nullptr : &found->second.v4.to_client.at(static_cast<std::size_t>(type));
}

void Relay::count_overflow(InterfaceIndex port, int descriptor, std::uint32_t& counted) noexcept
{
    if (!context_.io->batch.crowded()) {
        return; // a socket that had no room is read in full batches
    }
    const auto total = dropped_by(descriptor);
    const auto found = counters_.ports.find(port);
    auto& drops = found == counters_.ports.end() ? counters_.uplink_drops : found->second.v4.drops;
    drops.at(static_cast<std::size_t>(DropReason::socket_full)) += total - counted; // modulo 2^32
    counted = total;
}

void Relay::count_drop(InterfaceIndex port, DropReason reason, std::uint64_t count) noexcept
{
    const auto found = counters_.ports.find(port);
    auto& drops = found == counters_.ports.end() ? counters_.uplink_drops : found->second.v4.drops;
    drops.at(static_cast<std::size_t>(reason)) += count;
}

void Relay::drop_request(const Port& port, DropReason reason, const dhcp::Message4* message)
{
    count_drop(port.config.index, reason);
    if (observer_ || log::enabled(log::Level::debug)) {
        auto event = event_of(ExchangeEvent::Direction::to_server, port.config.index, message);
        event.dropped = reason;
        tell(event);
    }
}

void Relay::drop_answer(InterfaceIndex port, DropReason reason, const dhcp::Message4* message)
{
    count_drop(port, reason);
    if (observer_ || log::enabled(log::Level::debug)) {
        auto event = event_of(ExchangeEvent::Direction::to_client, port, message);
        event.dropped = reason;
        tell(event);
    }
}

ExchangeEvent Relay::event_of(ExchangeEvent::Direction direction, InterfaceIndex port,
                              const dhcp::Message4* message) const
{
    ExchangeEvent event{direction, context_.vrf, {}, {}, {}, {}, {}, {}};
    const auto found = counters_.ports.find(port);
    if (found != counters_.ports.end()) {
        event.interface = found->second.name;
    }
    if (message != nullptr) {
        event.client = dhcp::client_text(*message);
        event.type = message->type();
        event.address = dhcp::subject_address(*message);
    }
    return event;
}

void Relay::tell(const ExchangeEvent& event)
{
    if (log::enabled(log::Level::debug)) {
        log_event(event);
    }
    if (observer_) {
        observer_(event);
    }
}

} // namespace keavrf::relay
