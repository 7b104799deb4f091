// How this folder opens UDP sockets, in the current namespace: CLOEXEC and non-blocking, bound to the interface first.
#pragma once

#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"

#include <cstddef>
#include <cstdint>

namespace keavrf::relay {

struct UdpSocketOptions {
    InterfaceIndex interface;
    std::uint16_t port = 0;
    bool packet_info = false; // IP_PKTINFO
    bool to_clients = false;  // may broadcast, and sends without a UDP checksum (RFC 768)
    int buffer = 0;           // bytes, each direction
};

// Bound to 0.0.0.0:port on the interface.
Result<UniqueFd> open_udp_socket(const UdpSocketOptions& options);

// How many datagrams it had no room for since it was opened, modulo 2^32; 0 where the kernel does not say.
std::uint32_t dropped_by(int descriptor) noexcept;

// Bytes of memory of what it has received and nobody has read; 0 where the kernel does not say.
std::size_t waiting_in(int descriptor) noexcept;

// True where the interface that the socket is bound to exists no more.
bool bound_interface_gone(int descriptor) noexcept;

} // namespace keavrf::relay
