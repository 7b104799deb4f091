// The sockets of one client interface. By UDP: 0.0.0.0:67, bound to the interface before it is bound to the address, so
// that it hears what comes in there and nothing else. And one for frames to clients without an address, of its own,
// since what waits to be transmitted counts against the socket it was sent by: an interface that transmits nothing, or
// slowly, keeps nobody else's answers. Both stay in the namespace where they were opened, and with their interface
// through renames.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"
#include "core/wakeup.hpp"
#include "relay/frame_sender.hpp"

#include <boost/asio/ip/udp.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace keavrf::relay {

class PortSocket {
public:
    // In the current namespace. Failures read "port eth1: cannot bind 0.0.0.0:67: ...".
    static Result<std::shared_ptr<PortSocket>> open(const asio::any_io_executor& executor, InterfaceIndex index,
                                                    const std::string& name);
    PortSocket(const asio::any_io_executor& executor, InterfaceIndex index, UniqueFd socket, FrameSender frames);

    [[nodiscard]] asio::ip::udp::socket& socket() noexcept { return socket_; }
    [[nodiscard]] int descriptor() { return socket_.native_handle(); }
    [[nodiscard]] int frames() const noexcept { return frames_.descriptor(); }
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
    FrameSender frames_;
};

} // namespace keavrf::relay
