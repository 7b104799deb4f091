// Many datagrams by one system call, in buffers made once; for generator, server and the plain loop. One owner, one
// thread; the descriptor is borrowed for the call.
#pragma once

#include "packet.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace keavrf::bench {

class Batch {
public:
    static constexpr unsigned size = 64;

    Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    // Reads what is there, without waiting; the number of datagrams.
    unsigned receive(int descriptor);
    [[nodiscard]] std::span<std::uint8_t> received(unsigned index) { return {buffers_[index].data(), lengths_[index]}; }

    // The next buffer to fill. After add() it belongs to the batch; at `size` of them flush() must follow.
    [[nodiscard]] std::span<std::uint8_t> next() { return buffers_[queued_]; }
    void add(std::size_t length);
    // With a destination of its own.
    void add(std::size_t length, const sockaddr_in& to);
    [[nodiscard]] bool full() const noexcept { return queued_ == size; }
    // Sends what was added; what the kernel does not take is lost. Returns how many went out.
    unsigned flush(int descriptor);

private:
    unsigned queued_ = 0;
    std::vector<std::array<std::uint8_t, 2048>> buffers_;
    std::array<std::size_t, size> lengths_{};
    std::array<iovec, size> vectors_{};
    std::array<mmsghdr, size> headers_{};
    std::array<sockaddr_in, size> addresses_{};
};

} // namespace keavrf::bench
