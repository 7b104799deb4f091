#include "netlink/protocol.hpp"

#include "core/namespace_scope.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace keavrf::netlink {

namespace {

Result<void> set_option(const UniqueFd& socket, int level, int option, int value, std::string_view name)
{
    if (::setsockopt(socket.get(), level, option, &value, sizeof value) != 0) {
        return Error::from_errno("netlink: cannot set " + std::string(name));
    }
    return {};
}

Result<void> enlarge_receive_buffer(const UniqueFd& socket, int bytes)
{
    if (set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, bytes, "SO_RCVBUFFORCE")) {
        return {};
    }
    return set_option(socket, SOL_SOCKET, SO_RCVBUF, bytes, "SO_RCVBUF");
}

Result<void> configure(const UniqueFd& socket, const SocketOptions& options)
{
    for (const auto& [option, name] :
         {std::pair{NETLINK_EXT_ACK, "NETLINK_EXT_ACK"}, std::pair{NETLINK_CAP_ACK, "NETLINK_CAP_ACK"}}) {
        if (auto set = set_option(socket, SOL_NETLINK, option, 1, name); !set) {
            return set;
        }
    }
    // Since Linux 4.20; without it the kernel is merely more lenient.
    (void)set_option(socket, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1, "NETLINK_GET_STRICT_CHK");
    if (options.receive_buffer > 0) {
        if (auto set = enlarge_receive_buffer(socket, options.receive_buffer); !set) {
            return set;
        }
    }
    const Endpoint anywhere;
    if (::bind(socket.get(), anywhere.data(), static_cast<socklen_t>(Endpoint::size())) != 0) {
        return Error::from_errno("netlink: cannot bind a socket");
    }
    for (const auto group : options.groups) {
        if (auto set = set_option(socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, static_cast<int>(group),
                                  "NETLINK_ADD_MEMBERSHIP");
            !set) {
            return set;
        }
    }
    return {};
}

} // namespace

Result<UniqueFd> open_socket(const SocketOptions& options)
{
    UniqueFd socket(
        ::socket(Protocol::family(), Protocol::type() | SOCK_CLOEXEC | SOCK_NONBLOCK, Protocol::protocol()));
    if (!socket) {
        return Error::from_errno("netlink: cannot open a socket");
    }
    if (auto configured = configure(socket, options); !configured) {
        return configured.error();
    }
    return socket;
}

Result<UniqueFd> open_socket_in(int namespace_fd, const SocketOptions& options)
{
    const auto visit = NamespaceScope::enter(namespace_fd);
    if (!visit) {
        return visit.error().in("netlink");
    }
    return open_socket(options);
}

} // namespace keavrf::netlink
