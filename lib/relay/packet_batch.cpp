#include "relay/packet_batch.hpp"

#include <arpa/inet.h>
#include <net/ethernet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace keavrf::relay {

namespace {

Ipv4Address from_network(in_addr address) noexcept
{
    return Ipv4Address(ntohl(address.s_addr));
}

Ipv4Address destination_of(msghdr& header) noexcept
{
    for (auto* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(control), sizeof info);
            return from_network(info.ipi_addr);
        }
    }
    return {};
}

} // namespace

PacketBatch::PacketBatch() : memory_(capacity * slot_size), in_(capacity), out_(capacity)
{
    for (std::size_t slot = 0; slot < capacity; ++slot) {
        in_bytes_[slot] = {&memory_[slot * slot_size + headroom], slot_size - headroom};
        expect(slot);
    }
}

void PacketBatch::expect(std::size_t slot) noexcept
{
    auto& header = in_[slot].msg_hdr;
    header.msg_name = &in_addresses_[slot];
    header.msg_namelen = sizeof(sockaddr_in);
    header.msg_iov = &in_bytes_[slot];
    header.msg_iovlen = 1;
    header.msg_control = &in_control_[slot];
    header.msg_controllen = sizeof(Control);
    header.msg_flags = 0;
}

int PacketBatch::receive(int descriptor, std::size_t most) noexcept
{
    // Only those that the kernel has filled since: after an idle time each line of memory touched is a wait.
    for (std::size_t slot = 0; slot < received_; ++slot) {
        expect(slot);
    }
    received_ = 0;
    const auto count =
        ::recvmmsg(descriptor, in_.data(), static_cast<unsigned>(std::min(most, capacity)), MSG_DONTWAIT, nullptr);
    if (count < 0) {
        return errno;
    }
    received_ = static_cast<std::size_t>(count);
    return 0;
}

Packet PacketBatch::packet(std::size_t number) noexcept
{
    auto& header = in_[number].msg_hdr;
    const auto slot = std::span(memory_).subspan(number * slot_size, slot_size);
    Packet packet;
    packet.headroom = slot.first(headroom);
    packet.memory = slot.subspan(headroom);
    packet.size = in_[number].msg_len;
    packet.truncated = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    packet.source = from_network(in_addresses_[number].ip.sin_addr);
    packet.source_port = ntohs(in_addresses_[number].ip.sin_port);
    packet.destination = destination_of(header);
    return packet;
}

msghdr& PacketBatch::queue(const Datagram& datagram, socklen_t address_size) noexcept
{
    const auto slot = queued_++;
    // The kernel only reads what it sends. NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    out_bytes_[slot] = {const_cast<std::uint8_t*>(datagram.bytes.data()), datagram.bytes.size()};
    out_descriptors_[slot] = datagram.descriptor;
    out_owners_[slot] = datagram.owner;
    out_counters_[slot] = datagram.counter;
    auto& header = out_[slot].msg_hdr;
    header = {};
    header.msg_name = &out_addresses_[slot];
    header.msg_namelen = address_size;
    header.msg_iov = &out_bytes_[slot];
    header.msg_iovlen = 1;
    return header;
}

void PacketBatch::queue_udp(const Datagram& datagram, Ipv4Address destination, std::uint16_t port,
                            InterfaceIndex interface, Ipv4Address source) noexcept
{
    auto& address = out_addresses_[queued_].ip;
    auto& control_bytes = out_control_[queued_];
    auto& header = queue(datagram, sizeof address);
    address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(destination.value());
    if (interface == InterfaceIndex{} && source.unspecified()) {
        return;
    }
    in_pktinfo info{};
    info.ipi_ifindex = interface.value();
    info.ipi_spec_dst.s_addr = htonl(source.value());
    header.msg_control = &control_bytes;
    header.msg_controllen = CMSG_SPACE(sizeof info);
    auto* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(control), &info, sizeof info);
}

void PacketBatch::queue_frame(const Datagram& datagram, InterfaceIndex interface) noexcept
{
    auto& address = out_addresses_[queued_].link;
    queue(datagram, sizeof address);
    address = {};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETHERTYPE_IP);
    address.sll_ifindex = interface.value();
}

void PacketBatch::count_sent(std::size_t first, std::size_t count) noexcept
{
    for (auto slot = first; slot < first + count; ++slot) {
        if (auto* const counter = out_counters_[slot]) {
            ++*counter;
        }
    }
}

void PacketBatch::flush(const OnFailure& on_failure)
{
    std::size_t next = 0;
    while (next < queued_) {
        auto end = next + 1;
        while (end < queued_ && out_descriptors_[end] == out_descriptors_[next]) {
            ++end;
        }
        const auto sent = ::sendmmsg(out_descriptors_[next], &out_[next], static_cast<unsigned>(end - next), 0);
        if (sent > 0) {
            count_sent(next, static_cast<std::size_t>(sent));
            next += static_cast<std::size_t>(sent);
        } else if (errno != EINTR) {
            // Of the first; the others get their own try.
            out_descriptors_[next] = on_failure(out_owners_[next], out_descriptors_[next], errno);
            next += out_descriptors_[next] < 0 ? 1U : 0U;
        }
    }
    queued_ = 0;
}

} // namespace keavrf::relay
