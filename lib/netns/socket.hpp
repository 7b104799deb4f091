// UDP sockets inside a namespace. They keep the namespace in which they were made, and are used from everywhere.
#pragma once

#include "core/error.hpp"
#include "core/ip_address.hpp"
#include "core/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace keavrf::netns {

struct UdpBinding {
    std::string device; // SO_BINDTODEVICE, before bind; empty: none
    std::variant<Ipv4Address, Ipv6Address> address;
    std::uint16_t port = 0;
    bool reuse_address = false; // SO_REUSEADDR
};

// In the current namespace: CLOEXEC and non-blocking. Only the device and the address are set; what else the socket
// needs (SO_BROADCAST, IP_PKTINFO, buffers) is its user's business.
Result<UniqueFd> open_udp_socket(const UdpBinding& binding);
// In another namespace; the descriptor is borrowed.
Result<UniqueFd> open_udp_socket_in(int namespace_fd, const UdpBinding& binding);

} // namespace keavrf::netns
