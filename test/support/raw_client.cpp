#include "support/raw_client.hpp"

#include "netns/scoped_enter.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>
#include <utility>

namespace keavrf::test {

namespace {

constexpr Milliseconds resend_interval = 1s;

UniqueFd open_packet_socket(const std::string& interface, int& index)
{
    index = static_cast<int>(::if_nametoindex(interface.c_str()));
    BOOST_REQUIRE_MESSAGE(index > 0, "no interface " << interface);
    UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)));
    BOOST_REQUIRE(socket.valid());
    // It may stand for a thousand clients, whose answers come at once.
    const int room = 1 << 24;
    BOOST_REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) == 0);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = index;
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

} // namespace

RawClient::RawClient(int network_namespace, const std::string& interface, const Mac& address)
    : address_(address), next_xid_(std::random_device{}())
{
    auto socket = netns::run_in(network_namespace, [&] { return open_packet_socket(interface, interface_); });
    BOOST_REQUIRE(socket.has_value());
    socket_ = std::move(*socket);
}

const std::vector<DhcpFrame>& RawClient::frames()
{
    receive_some(0ms);
    return frames_;
}

void RawClient::forget()
{
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(returned_));
    returned_ = 0;
    arp_replies_.clear();
}

void RawClient::ignore_outgoing()
{
    const int on = 1;
    BOOST_REQUIRE(::setsockopt(socket_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) == 0);
}

DhcpMessage RawClient::message(std::uint8_t type)
{
    DhcpMessage message;
    message.xid = ++next_xid_;
    message.chaddr = address_;
    message.add(option::message_type, Bytes{type});
    if (type != type::release && type != type::decline) {
        message.add(option::parameters, Bytes{option::subnet_mask, option::routers, option::domain_name});
    }
    return message;
}

void RawClient::broadcast(const DhcpMessage& message)
{
    broadcast(message, message.ciaddr);
}

void RawClient::broadcast(const DhcpMessage& message, Ipv4Address source)
{
    DhcpFrame frame;
    frame.source_mac = address_;
    frame.destination_mac = broadcast_mac;
    frame.source = source;
    frame.destination = Ipv4Address(0xffffffffU);
    frame.source_port = 68;
    frame.destination_port = 67;
    frame.message = message;
    send(frame);
}

bool RawClient::unicast(const DhcpMessage& message, Ipv4Address source, Ipv4Address destination)
{
    return send_unicast(message, source, 68, destination);
}

bool RawClient::unicast_from_relay(const DhcpMessage& message, Ipv4Address source, Ipv4Address destination)
{
    return send_unicast(message, source, 67, destination);
}

bool RawClient::send_unicast(const DhcpMessage& message, Ipv4Address source, std::uint16_t source_port,
                             Ipv4Address destination)
{
    const auto target = resolve(destination, source);
    if (!target) {
        return false;
    }
    DhcpFrame frame;
    frame.source_mac = address_;
    frame.destination_mac = *target;
    frame.source = source;
    frame.destination = destination;
    frame.source_port = source_port;
    frame.destination_port = 67;
    frame.message = message;
    send(frame);
    return true;
}

void RawClient::send(const DhcpFrame& frame)
{
    send(frame.encode());
}

std::optional<Mac> RawClient::resolve(Ipv4Address address, Ipv4Address from)
{
    ArpFrame question;
    question.sender_mac = address_;
    question.sender = from;
    question.target = address;
    const auto is_answer = [&](const ArpFrame& arp) { return arp.sender == address; };
    for (int attempt = 0; attempt < 5; ++attempt) {
        send(question.encode(broadcast_mac));
        const auto end = Clock::now() + resend_interval;
        while (Clock::now() < end) {
            const auto found = std::find_if(arp_replies_.begin(), arp_replies_.end(), is_answer);
            if (found != arp_replies_.end()) {
                return found->sender_mac;
            }
            receive_some(50ms);
        }
    }
    return std::nullopt;
}

std::optional<DhcpFrame> RawClient::receive(const Predicate& matches, Milliseconds deadline)
{
    const auto end = Clock::now() + deadline;
    while (true) {
        while (returned_ < frames_.size()) {
            auto& frame = frames_.at(returned_++);
            if (matches(frame)) {
                return frame;
            }
        }
        const auto left = std::chrono::duration_cast<Milliseconds>(end - Clock::now());
        if (left <= 0ms) {
            return std::nullopt;
        }
        receive_some(left);
    }
}

std::optional<DhcpFrame> RawClient::answer_to(const DhcpMessage& message, Milliseconds deadline)
{
    return receive(
        [&](const DhcpFrame& frame) {
            return frame.message.op == 2 && frame.message.xid == message.xid && frame.message.chaddr == address_;
        },
        deadline);
}

std::optional<DhcpFrame> RawClient::exchange(const DhcpMessage& message, std::set<std::uint8_t> types,
                                             Milliseconds deadline)
{
    const auto end = Clock::now() + deadline;
    do {
        broadcast(message);
        while (auto answer = answer_to(message, resend_interval)) {
            if (types.contains(answer->message.type())) {
                return answer;
            }
        }
    } while (Clock::now() < end);
    return std::nullopt;
}

std::optional<DhcpFrame> RawClient::discover(bool broadcast_flag, Milliseconds deadline)
{
    auto discover = message(type::discover);
    discover.broadcast = broadcast_flag;
    return exchange(discover, {type::offer}, deadline);
}

std::optional<DhcpFrame> RawClient::request(const DhcpFrame& offer, bool broadcast_flag)
{
    auto request = message(type::request);
    request.broadcast = broadcast_flag;
    request.add(option::requested_address, offer.message.yiaddr);
    request.add(option::server_id, offer.message.address_option(option::server_id).value_or(Ipv4Address()));
    return exchange(request, {type::ack, type::nak});
}

std::optional<Lease> RawClient::acquire(bool broadcast_flag, Milliseconds deadline)
{
    const auto offer = discover(broadcast_flag, deadline);
    if (!offer) {
        return std::nullopt;
    }
    auto answer = request(*offer, broadcast_flag);
    if (!answer || answer->message.type() != type::ack) {
        return std::nullopt;
    }
    hold(answer->message.yiaddr);
    const auto server = answer->message.address_option(option::server_id).value_or(Ipv4Address());
    return Lease{answer->message.yiaddr, server, std::move(*answer)};
}

std::optional<DhcpFrame> RawClient::renew(const Lease& lease)
{
    auto request = message(type::request);
    request.ciaddr = lease.address;
    if (!unicast(request, lease.address, lease.server_id)) {
        return std::nullopt;
    }
    return answer_to(request);
}

std::optional<DhcpFrame> RawClient::rebind(const Lease& lease)
{
    auto request = message(type::request);
    request.ciaddr = lease.address;
    return exchange(request, {type::ack, type::nak});
}

std::optional<DhcpFrame> RawClient::reboot(Ipv4Address address)
{
    auto request = message(type::request);
    request.broadcast = true;
    request.add(option::requested_address, address);
    return exchange(request, {type::ack, type::nak});
}

bool RawClient::release(const Lease& lease)
{
    auto release = message(type::release);
    release.ciaddr = lease.address;
    release.add(option::server_id, lease.server_id);
    const bool sent = unicast(release, lease.address, lease.server_id);
    held_.erase(lease.address);
    return sent;
}

void RawClient::decline(const Lease& lease)
{
    auto decline = message(type::decline);
    decline.add(option::requested_address, lease.address);
    decline.add(option::server_id, lease.server_id);
    held_.erase(lease.address);
    broadcast(decline);
}

std::optional<DhcpFrame> RawClient::inform(Ipv4Address address)
{
    auto inform = message(type::inform);
    inform.ciaddr = address;
    hold(address);
    return exchange(inform, {type::ack});
}

void RawClient::send(const Bytes& bytes) const
{
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), 0);
    // ENOBUFS: the carrier is just going or coming; as good as lost on the wire.
    BOOST_REQUIRE_MESSAGE(sent == static_cast<ssize_t>(bytes.size()) || errno == ENOBUFS,
                          "cannot send a frame: " << std::strerror(errno));
}

void RawClient::receive_some(Milliseconds wait)
{
    pollfd ready{socket_.get(), POLLIN, 0};
    ::poll(&ready, 1, static_cast<int>(wait.count()));
    Bytes buffer(65536);
    while (true) {
        sockaddr_ll from{};
        socklen_t size = sizeof from;
        const auto count =
            ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (count < 0) {
            return;
        }
        received(Bytes(buffer.begin(), buffer.begin() + count), from.sll_pkttype == PACKET_OUTGOING);
    }
}

void RawClient::received(const Bytes& bytes, bool outgoing)
{
    if (auto frame = DhcpFrame::parse(bytes)) {
        frame->outgoing = outgoing;
        frames_.push_back(std::move(*frame));
        return;
    }
    const auto arp = ArpFrame::parse(bytes);
    if (!arp || outgoing) {
        return;
    }
    if (arp->operation == 2) {
        arp_replies_.push_back(*arp);
    } else if (held_.contains(arp->target)) {
        ArpFrame reply;
        reply.operation = 2;
        reply.sender_mac = address_;
        reply.sender = arp->target;
        reply.target_mac = arp->sender_mac;
        reply.target = arp->sender;
        send(reply.encode(arp->sender_mac));
    }
}

} // namespace keavrf::test
