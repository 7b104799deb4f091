#include "relay/udp_socket.hpp"

#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

namespace keavrf::relay {

namespace {

Result<void> set_option(int descriptor, int level, int option, int value, const char* what)
{
    if (::setsockopt(descriptor, level, option, &value, sizeof value) != 0) {
        return Error::from_errno(std::string("cannot set ") + what);
    }
    return {};
}

// Beyond net.core.rmem_max where CAP_NET_ADMIN allows it; what the limit allows otherwise.
void set_buffer(int descriptor, int forced, int limited, int bytes) noexcept
{
    if (::setsockopt(descriptor, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0) {
        ::setsockopt(descriptor, SOL_SOCKET, limited, &bytes, sizeof bytes);
    }
}

Result<void> bind_to_interface(int descriptor, InterfaceIndex interface)
{
    // By index: the name may be another interface's by now, or change while the socket lives.
    const int index = interface.value();
    const auto what = "cannot bind to the interface (index " + std::to_string(index) + ")";
    if (::setsockopt(descriptor, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index) != 0) {
        return Error::from_errno(what);
    }
    // The kernel takes any index here, also of an interface that is gone, or in another namespace.
    if (index == 0 || bound_interface_gone(descriptor)) {
        return Error::from_errno(what, ENODEV);
    }
    return {};
}

Result<void> bind_to_port(int descriptor, std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        return {};
    }
    const auto number = std::to_string(port);
    const auto error = Error::from_errno("cannot bind 0.0.0.0:" + number);
    if (error.is(EADDRINUSE)) {
        return error.hint("is another DHCP server running? try: ss -ulpn sport = :" + number);
    }
    return error.is(EACCES) ? error.hint("CAP_NET_BIND_SERVICE is missing") : error;
}

Result<void> configure(int descriptor, const UdpSocketOptions& options)
{
    if (options.packet_info) {
        if (auto set = set_option(descriptor, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO"); !set) {
            return set;
        }
    }
    if (options.to_clients) {
        if (auto set = set_option(descriptor, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST"); !set) {
            return set;
        }
        // A checksum left to offload stays unfilled for clients that read raw frames across a veth or a bridge
        // (FACTS section 3); none at all is valid everywhere.
        if (auto set = set_option(descriptor, SOL_SOCKET, SO_NO_CHECK, 1, "SO_NO_CHECK"); !set) {
            return set;
        }
    }
    set_buffer(descriptor, SO_RCVBUFFORCE, SO_RCVBUF, options.buffer);
    set_buffer(descriptor, SO_SNDBUFFORCE, SO_SNDBUF, options.buffer);
    return {};
}

// Not by SO_RXQ_OVFL, which would cost something for every datagram.
std::uint32_t memory_figure(int descriptor, std::size_t which) noexcept
{
    std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
    socklen_t size = sizeof figures;
    ::getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, figures.data(), &size);
    return figures.at(which);
}

} // namespace

Result<UniqueFd> open_udp_socket(const UdpSocketOptions& options)
{
    UniqueFd descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!descriptor) {
        return Error::from_errno("cannot open a UDP socket");
    }
    if (auto bound = bind_to_interface(descriptor.get(), options.interface); !bound) {
        return bound.error();
    }
    if (auto configured = configure(descriptor.get(), options); !configured) {
        return configured.error();
    }
    // No SO_REUSEADDR: another server on this port shall be an error, not a silent rival.
    if (auto bound = bind_to_port(descriptor.get(), options.port); !bound) {
        return bound.error();
    }
    return descriptor;
}

std::uint32_t dropped_by(int descriptor) noexcept
{
    return memory_figure(descriptor, SK_MEMINFO_DROPS);
}

std::size_t waiting_in(int descriptor) noexcept
{
    return memory_figure(descriptor, SK_MEMINFO_RMEM_ALLOC);
}

bool bound_interface_gone(int descriptor) noexcept
{
    std::array<char, IF_NAMESIZE> name{};
    socklen_t size = name.size();
    return ::getsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &size) != 0 && errno == ENODEV;
}

} // namespace keavrf::relay
