// AF_NETLINK/NETLINK_ROUTE as an Asio protocol (man 7 netlink, man 7 rtnetlink), and how its sockets are opened.
//
// Asio opens sockets without CLOEXEC, so ours are opened here and assigned. A socket belongs to the network namespace
// in which it was opened, for good.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <boost/asio/basic_raw_socket.hpp>

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace keavrf::netlink {

class Protocol;

class Endpoint {
public:
    using protocol_type = Protocol;
    using data_type = sockaddr;

    // The kernel: port 0, no groups.
    Endpoint() noexcept { address_.nl_family = AF_NETLINK; }

    [[nodiscard]] static Protocol protocol() noexcept;
    [[nodiscard]] data_type* data() noexcept { return reinterpret_cast<data_type*>(&address_); }
    [[nodiscard]] const data_type* data() const noexcept { return reinterpret_cast<const data_type*>(&address_); }
    [[nodiscard]] static std::size_t size() noexcept { return sizeof(sockaddr_nl); }
    static void resize(std::size_t /*size*/) noexcept {}
    [[nodiscard]] static std::size_t capacity() noexcept { return sizeof(sockaddr_nl); }

    // Any process may send to a netlink socket: what does not come from the kernel is not to be believed.
    [[nodiscard]] bool is_kernel() const noexcept { return address_.nl_family == AF_NETLINK && address_.nl_pid == 0; }

private:
    sockaddr_nl address_{};
};

class Protocol {
public:
    using endpoint = Endpoint;
    using socket = boost::asio::basic_raw_socket<Protocol>;

    [[nodiscard]] static int family() noexcept { return AF_NETLINK; }
    [[nodiscard]] static int type() noexcept { return SOCK_RAW; }
    [[nodiscard]] static int protocol() noexcept { return NETLINK_ROUTE; }
};

inline Protocol Endpoint::protocol() noexcept
{
    return {};
}

struct SocketOptions {
    // Multicast groups (RTNLGRP_*): joined at once, so that nothing is missed between opening and the first dump.
    std::vector<unsigned> groups;
    // Bytes; 0 leaves the kernel's default. Beyond net.core.rmem_max where the capability for that is there.
    int receive_buffer = 0;
};

// CLOEXEC, non-blocking, bound, with extended errors (NETLINK_EXT_ACK), short acknowledgements (NETLINK_CAP_ACK) and,
// where the kernel knows it, strict checking of dump requests.
Result<UniqueFd> open_socket(const SocketOptions& options = {});
// The same inside another network namespace: enters it, opens, comes back. The descriptor is borrowed.
Result<UniqueFd> open_socket_in(int namespace_fd, const SocketOptions& options = {});

} // namespace keavrf::netlink
