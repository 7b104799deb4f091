// Sends answers that are routed: to downstream relays, and to clients behind them. A port's socket is bound to its
// interface and cannot: it would ask for the way there on that link, whatever the routing table says.
//
// A raw socket, so that it needs no port: a UDP socket on port 67 without an interface would be in the way of ports and
// of other servers. What it sends bears a complete UDP checksum (dhcp/frame.hpp), because it crosses other people's
// routers; the kernel makes the IP header, and fragments where it must. It is bound to an address that nobody sends to,
// so it receives nothing (man 7 raw). One for each VRF: what waits for a neighbour or a slow link counts against the
// socket it came by, and shall not keep the answers of other VRFs.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

namespace keavrf::relay {

class RoutedSender {
public:
    RoutedSender() = default;
    // In the current network namespace, whose routing tables then lead what it sends.
    static Result<RoutedSender> open();
    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(socket_); }
    [[nodiscard]] int descriptor() const noexcept { return socket_.get(); }

private:
    UniqueFd socket_;
};

} // namespace keavrf::relay
