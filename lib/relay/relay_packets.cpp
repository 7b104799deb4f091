// What Relay does with one packet: the decision (decide4.hpp), and its execution.
#include "core/log.hpp"
#include "relay/relay.hpp"

namespace keavrf::relay {

namespace {

// The pair's MTU is 1500; what is longer is left to IP to fragment.
constexpr std::size_t largest_framed = 1500 - dhcp::ip_udp_size;

// What a request may grow by on its way: an option 82 of its own, or around the client's, and what pads it.
constexpr std::size_t largest_growth = dhcp::minimum_size + 257;

} // namespace

void Relay::request(const Packet& packet, Port& port, Clock::time_point now)
{
    auto message = packet.truncated ? std::nullopt : dhcp::Message4::parse(packet.memory, packet.size);
    if (!message) {
        drop_request(port, packet.truncated ? DropReason::truncated : DropReason::malformed, nullptr);
        return;
    }
    const bool crowded = waiting() && !held_.has_room_for(message->size() + largest_growth);
    const Arrival arrival{packet.source, packet.destination, now, packet.source_port, waiting(), crowded};
    const auto decision = client_to_server(domain_, port, *message, arrival);
    if (const auto* drop = std::get_if<Drop>(&decision)) {
        drop_request(port, drop->reason, &*message);
        return;
    }
    counters_.ports[port.config.index].v4.option82_overflow += std::get<Forward>(decision).option82_overflow ? 1U : 0U;
    if (observer_ || log::enabled(log::Level::debug)) {
        tell(event_of(ExchangeEvent::Direction::to_server, port.config.index, &*message));
    }
    forward(packet, *message, port.config.index);
}

// To Kea, or behind those that are held already: nobody overtakes. It is counted when it is sent.
void Relay::forward(const Packet& packet, const dhcp::Message4& message, InterfaceIndex port)
{
    if (waiting()) {
        if (!held_.push(message.bytes(), port, message.type())) {
            count_drop(port, DropReason::queue_full);
        }
        return;
    }
    if (!to_kea_ || message.size() > largest_framed) {
        send_datagram(message.bytes(), port, message.type());
        return;
    }
    const auto header = packet.headroom.last<dhcp::frame_header_size>();
    dhcp::write_frame_header(header, message.bytes(), *to_kea_, dhcp::UdpChecksum::absent);
    PacketBatch::Datagram datagram;
    datagram.descriptor = uplink_->frames();
    datagram.owner = port;
    datagram.counter = forwarded(port, message.type());
    // The message stands right behind its headers (PacketBatch).
    datagram.bytes = {header.data(), header.size() + message.size()};
    context_.io->batch.queue_frame(datagram, uplink_->index());
}

void Relay::send_datagram(std::span<const std::uint8_t> bytes, InterfaceIndex port, dhcp::MessageType type)
{
    PacketBatch::Datagram datagram;
    datagram.descriptor = uplink_->server_side().native_handle();
    datagram.owner = port;
    datagram.counter = forwarded(port, type);
    datagram.bytes = bytes;
    context_.io->batch.queue_udp(datagram, context_.kea_address, dhcp::server_port, {}, context_.relay_address);
}

void Relay::give_up_held()
{
    log::warning("relay.hold-expired", context_.vrf,
                 "requests have waited for Kea as long as they may, and are dropped; clients ask again",
                 {{"dropped", held_.size()}});
    for (std::size_t number = 0; number < held_.size(); ++number) {
        count_drop(held_.at(number).port, DropReason::no_server);
    }
    held_.clear();
    gave_up_ = holding_;
    update_serving();
}

void Relay::send_held(std::size_t most)
{
    look_first();
    const auto count = std::min(most, held_.size());
    for (std::size_t number = 0; number < count; ++number) {
        const auto& held = held_.at(number);
        send_datagram(held.bytes, held.port, held.type);
    }
    flush();
    held_.pop(count);
}

void Relay::answer(const Packet& packet, Clock::time_point now)
{
    // Whoever can send into the pair's link but Kea could only forge.
    if (packet.source != context_.kea_address || packet.source_port != dhcp::server_port) {
        drop_answer({}, DropReason::not_from_server, nullptr);
        return;
    }
    last_answer_ = now;
    auto message = packet.truncated ? std::nullopt : dhcp::Message4::parse(packet.memory, packet.size);
    if (!message) {
        drop_answer({}, packet.truncated ? DropReason::truncated : DropReason::malformed, nullptr);
        return;
    }
    if (probe_.answered_by(*message)) {
        probe_answered_ = now;
        domain_.admission().probe_answered(now);
        return;
    }
    const auto decision = server_to_client(domain_, *message, now);
    if (decision.answer_time) {
        counters_.answer_times.add(*decision.answer_time);
    }
    if (const auto* drop = std::get_if<Drop>(&decision.to)) {
        drop_answer({}, drop->reason, &*message);
        return;
    }
    const auto port = deliver(packet, *message, decision.to);
    if (observer_ || log::enabled(log::Level::debug)) {
        auto event = event_of(ExchangeEvent::Direction::to_client, port, &*message);
        event.answer_time = decision.answer_time;
        tell(event);
    }
}

InterfaceIndex Relay::deliver(const Packet& packet, const dhcp::Message4& message, const ReplyDestination& destination)
{
    if (const auto* frame = std::get_if<Frame>(&destination)) {
        send_frame(packet, message, *frame);
        return frame->port;
    }
    if (const auto* all = std::get_if<Broadcast>(&destination)) {
        send_udp(message, all->port, Ipv4Address(0xffffffffU), dhcp::client_port, all->port, all->source);
        return all->port;
    }
    if (const auto* client = std::get_if<UnicastUdp>(&destination)) {
        if (client->routed) {
            send_routed(packet, message, {client->port, client->source, client->ciaddr, dhcp::client_port});
        } else {
            send_udp(message, client->port, client->ciaddr, dhcp::client_port, client->port, client->source);
        }
        return client->port;
    }
    const auto& relay = std::get<ToRelay>(destination);
    send_routed(packet, message, {relay.port, relay.source, relay.giaddr, relay.udp_port});
    return relay.port;
}

void Relay::send_udp(const dhcp::Message4& message, InterfaceIndex port, Ipv4Address to, std::uint16_t to_port,
                     InterfaceIndex through, Ipv4Address source)
{
    const auto socket = sockets_.find(port);
    if (socket == sockets_.end()) {
        count_drop(port, DropReason::send_failed);
        return;
    }
    PacketBatch::Datagram datagram;
    datagram.descriptor = socket->second->descriptor();
    datagram.owner = port;
    datagram.counter = delivered(port, message.type());
    datagram.bytes = message.bytes();
    context_.io->batch.queue_udp(datagram, to, to_port, through, source);
}

std::optional<InterfaceIndex> Relay::way_to(Ipv4Address address, InterfaceIndex port)
{
    if (device_ != InterfaceIndex{}) {
        return device_;
    }
    // Other domains without a device have the same routing table, and perhaps a relay of the same address: what leads
    // there by none of this domain's interfaces is not for it.
    const auto interface = routes_.way_to(address, port, Clock::now());
    return interface && sockets_.contains(*interface) ? interface : std::nullopt;
}

void Relay::send_routed(const Packet& packet, const dhcp::Message4& message, const Routed& routed)
{
    const auto through = way_to(routed.to, routed.port);
    if (!through) {
        count_drop(routed.port, DropReason::send_failed);
        return;
    }
    // Without an address of our own the kernel chooses one, and only it can make the checksum.
    if (routed.source.unspecified()) {
        send_udp(message, routed.port, routed.to, routed.to_port, *through, routed.source);
        return;
    }
    if (!routed_.is_open()) {
        auto sender = RoutedSender::open();
        if (!sender) {
            count_drop(routed.port, DropReason::send_failed);
            return;
        }
        routed_ = std::move(*sender);
    }
    dhcp::FrameAddresses addresses;
    addresses.source = routed.source;
    addresses.destination = routed.to;
    addresses.source_port = dhcp::server_port;
    addresses.destination_port = routed.to_port;
    const auto header = packet.headroom.last<dhcp::frame_header_size>();
    dhcp::write_frame_header(header, message.bytes(), addresses);
    const auto udp = header.last<dhcp::udp_size>(); // the kernel writes the others itself
    PacketBatch::Datagram datagram;
    datagram.descriptor = routed_.descriptor();
    datagram.owner = routed.port;
    datagram.counter = delivered(routed.port, message.type());
    datagram.bytes = {udp.data(), udp.size() + message.size()};
    context_.io->batch.queue_udp(datagram, routed.to, 0, *through, routed.source);
}

void Relay::send_frame(const Packet& packet, const dhcp::Message4& message, const Frame& frame)
{
    const auto socket = sockets_.find(frame.port);
    if (socket == sockets_.end()) {
        count_drop(frame.port, DropReason::send_failed);
        return;
    }
    dhcp::FrameAddresses addresses;
    addresses.source_mac = frame.source_mac;
    addresses.destination_mac = frame.chaddr;
    addresses.source = frame.source;
    addresses.destination = frame.client;
    const auto header = packet.headroom.last<dhcp::frame_header_size>();
    dhcp::write_frame_header(header, message.bytes(), addresses);
    PacketBatch::Datagram datagram;
    datagram.descriptor = socket->second->frames().descriptor();
    datagram.owner = frame.port;
    datagram.counter = delivered(frame.port, message.type());
    // The message stands right behind its headers (PacketBatch).
    datagram.bytes = {header.data(), header.size() + message.size()};
    context_.io->batch.queue_frame(datagram, frame.port);
}

} // namespace keavrf::relay
