// A batch of datagrams: read with one recvmmsg, edited where they lie, sent with as few sendmmsg as possible.
//
// All memory is allocated once. Each datagram has room in front (for a frame's headers) and behind (to grow). One
// batch serves a whole thread, because nothing waits between reading and sending.
#pragma once

#include "core/ip_address.hpp"
#include "core/types.hpp"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace keavrf::relay {

// A datagram in the batch; the views live until the next receive().
struct Packet {
    std::span<std::uint8_t> headroom; // right before `memory`
    std::span<std::uint8_t> memory;
    std::size_t size = 0;
    Ipv4Address source;
    std::uint16_t source_port = 0;
    Ipv4Address destination; // unspecified where IP_PKTINFO is off
    bool truncated = false;
};

class PacketBatch {
public:
    static constexpr std::size_t capacity = 64;
    // Room for the messages of a 9000-byte MTU; not a power of two, so that the slots spread over the cache's sets.
    static constexpr std::size_t slot_size = 9344;
    static constexpr std::size_t headroom = 64;

    PacketBatch();

    // Reads what is there, at most `most` or `capacity`, and never waits. 0, or the errno.
    int receive(int descriptor, std::size_t most = capacity) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return received_; }
    [[nodiscard]] Packet packet(std::size_t number) noexcept;
    // So many at once that the kernel may have had no room for others.
    [[nodiscard]] bool crowded() const noexcept { return received_ >= capacity / 2; }

    // Queues bytes that stay where they are until flush(); at most `capacity` at a time, so one for each packet read.
    // `owner` is whom a failure is reported for.
    struct Datagram {
        int descriptor = -1;
        InterfaceIndex owner;
        std::span<const std::uint8_t> bytes;
        std::uint64_t* counter = nullptr; // of what is on its way; lives until flush()
    };
    // interface and source: IP_PKTINFO; both empty: left to the kernel.
    void queue_udp(const Datagram& datagram, Ipv4Address destination, std::uint16_t port, InterfaceIndex interface,
                   Ipv4Address source) noexcept;
    // On that interface, in the namespace of the descriptor.
    void queue_frame(const Datagram& datagram, InterfaceIndex interface) noexcept;

    // What `descriptor` did not send: another descriptor to try, or -1 to let it be.
    using OnFailure = std::function<int(InterfaceIndex owner, int descriptor, int error)>;
    // Sends everything queued, in order; one that fails does not stop the others. What was sent is counted by its
    // counter.
    void flush(const OnFailure& on_failure);

private:
    union Address {
        sockaddr any;
        sockaddr_in ip;
        sockaddr_ll link;
    };
    struct alignas(cmsghdr) Control {
        std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo))> bytes;
    };
    void expect(std::size_t slot) noexcept;
    void count_sent(std::size_t first, std::size_t count) noexcept;
    msghdr& queue(const Datagram& datagram, socklen_t address_size) noexcept;

    std::vector<std::uint8_t> memory_;
    std::vector<mmsghdr> in_;
    std::vector<mmsghdr> out_;
    std::array<iovec, capacity> in_bytes_{};
    std::array<iovec, capacity> out_bytes_{};
    std::array<Address, capacity> in_addresses_{};
    std::array<Address, capacity> out_addresses_{};
    std::array<Control, capacity> in_control_{};
    std::array<Control, capacity> out_control_{};
    std::array<int, capacity> out_descriptors_{};
    std::array<InterfaceIndex, capacity> out_owners_{};
    std::array<std::uint64_t*, capacity> out_counters_{};
    std::size_t received_ = 0;
    std::size_t queued_ = 0;
};

} // namespace keavrf::relay
