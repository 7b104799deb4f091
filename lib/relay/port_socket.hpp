// The sockets of one client interface. By UDP: 0.0.0.0:67, bound to the interface before it is bound to the address, so
// that it hears what comes in there and nothing else; it stays in the namespace where it was opened, and with its
// interface through renames. For frames to clients without an address it uses what all ports share, or, where that has
// no room, one of its own (frame_senders.hpp).
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"
#include "core/wakeup.hpp"
#include "relay/frame_senders.hpp"

#include <boost/asio/ip/udp.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace keavrf::relay {

class PortSocket {
public:
    // In the current namespace. Failures read "port eth1: cannot bind 0.0.0.0:67: ...".
    static Result<std::shared_ptr<PortSocket>> open(const asio::any_io_executor& executor, InterfaceIndex index,
                                                    const std::string& name, std::shared_ptr<FrameSenders> senders);
    PortSocket(const asio::any_io_executor& executor, InterfaceIndex index, UniqueFd socket,
               std::shared_ptr<FrameSenders> senders);

    [[nodiscard]] asio::ip::udp::socket& socket() noexcept { return socket_; }
    [[nodiscard]] int descriptor() { return socket_.native_handle(); }
    [[nodiscard]] PortFrames& frames() noexcept { return frames_; }
    [[nodiscard]] InterfaceIndex index() const noexcept { return index_; }
    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
    // Whoever waits on it gets operation_aborted.
    void close() noexcept;

    // Failed reads in a row.
    unsigned failures = 0;
    // What the kernel had no room for, as far as it is counted already.
    std::uint32_t overflow = 0;
    // What was dropped as server-busy, as far as a warning has told of it.
    std::uint64_t warned_of = 0;
    // The server has enough to read; notified when it has read some.
    Wakeup room;
    bool waits = false;

private:
    InterfaceIndex index_;
    asio::ip::udp::socket socket_;
    PortFrames frames_;
};

} // namespace keavrf::relay
