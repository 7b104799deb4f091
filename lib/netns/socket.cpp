#include "netns/socket.hpp"

#include "netns/scoped_enter.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace keavrf::netns {

namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

template <class Address>
SocketAddress store(const Address& address)
{
    SocketAddress stored;
    std::memcpy(&stored.storage, &address, sizeof address);
    stored.size = sizeof address;
    return stored;
}

SocketAddress to_socket_address(const UdpBinding& binding)
{
    if (const auto* v4 = std::get_if<Ipv4Address>(&binding.address)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(binding.port);
        address.sin_addr.s_addr = htonl(v4->value());
        return store(address);
    }
    const auto& bytes = std::get<Ipv6Address>(binding.address).bytes();
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(binding.port);
    std::memcpy(&address.sin6_addr, bytes.data(), bytes.size());
    return store(address);
}

std::string describe(const UdpBinding& binding)
{
    const auto host = std::visit([](const auto& address) { return address.str(); }, binding.address);
    const auto where = binding.device.empty() ? std::string() : " on " + binding.device;
    return "UDP " + host + " port " + std::to_string(binding.port) + where;
}

Result<void> prepare(const UniqueFd& socket, const UdpBinding& binding)
{
    const int on = 1;
    // A socket for IPv6 alone, so that it never stands in the way of one for IPv4.
    if (std::holds_alternative<Ipv6Address>(binding.address) &&
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
        return Error::from_errno("cannot set IPV6_V6ONLY");
    }
    if (binding.reuse_address && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
        return Error::from_errno("cannot set SO_REUSEADDR");
    }
    // Before bind: two sockets on one port are refused while neither has a device.
    if (!binding.device.empty() && ::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, binding.device.data(),
                                                static_cast<socklen_t>(binding.device.size())) != 0) {
        return Error::from_errno("cannot bind to the device");
    }
    return {};
}

} // namespace

Result<UniqueFd> open_udp_socket(const UdpBinding& binding)
{
    auto address = to_socket_address(binding);
    UniqueFd socket(::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP));
    if (!socket) {
        return Error::from_errno(describe(binding) + ": cannot open a socket");
    }
    if (auto prepared = prepare(socket, binding); !prepared) {
        return prepared.error().in(describe(binding));
    }
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
        return Error::from_errno(describe(binding) + ": cannot bind");
    }
    return socket;
}

Result<UniqueFd> open_udp_socket_in(int namespace_fd, const UdpBinding& binding)
{
    return run_in(namespace_fd, [&binding] { return open_udp_socket(binding); });
}

} // namespace keavrf::netns
