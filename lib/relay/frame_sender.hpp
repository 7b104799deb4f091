// Sends Ethernet frames on the interfaces of the network namespace it was opened in. It receives nothing (protocol 0,
// man 7 packet), so it costs nothing while it is idle.
//
// Closing one is dear: the kernel waits for a grace period of RCU (packet_release() in net/packet/af_packet.c), some
// 14 ms each, in the thread that closes, or one after the other where a process ends. So there are few of them.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <cstddef>

namespace keavrf::relay {

class FrameSender {
public:
    FrameSender() = default;
    // In the current network namespace.
    static Result<FrameSender> open();
    [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
    // Bytes of memory of what an interface has not transmitted yet, which count against this socket's buffer.
    [[nodiscard]] std::size_t unsent() const noexcept;

private:
    UniqueFd socket_;
};

} // namespace keavrf::relay
