#include "sockets.hpp"

#include "netns/scoped_enter.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace keavrf::bench {

namespace {

constexpr int buffer_size = 8 << 20;

void require(bool fine, const char* what)
{
    BOOST_REQUIRE_MESSAGE(fine, what << ": " << std::strerror(errno));
}

void set(int descriptor, int level, int name, int value, const char* what)
{
    require(::setsockopt(descriptor, level, name, &value, sizeof value) == 0, what);
}

void set_buffers(int descriptor)
{
    set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, buffer_size, "SO_RCVBUFFORCE");
    set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, buffer_size, "SO_SNDBUFFORCE");
}

// IPv4, UDP, this destination port, and not what the socket's own interface sends.
void set_filter(int descriptor, std::uint16_t port)
{
    std::array<sock_filter, 10> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 7, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 5),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 3),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 36),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    require(::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0, "SO_ATTACH_FILTER");
}

UniqueFd open_frames_here(const char* interface, std::uint16_t port)
{
    // No protocol yet: it hears nothing before its filter is in place.
    UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    require(socket.valid(), "socket(AF_PACKET)");
    set_buffers(socket.get());
    if (port != 0) {
        set_filter(socket.get(), port);
    }
    set(socket.get(), SOL_PACKET, PACKET_QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = port != 0 ? htons(ETH_P_IP) : std::uint16_t{0};
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
    require(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
            "bind a frame socket");
    return socket;
}

UniqueFd open_datagrams_here(const char* interface, std::uint16_t port)
{
    UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    require(socket.valid(), "socket(AF_INET)");
    set_buffers(socket.get());
    set(socket.get(), SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST");
    set(socket.get(), SOL_SOCKET, SO_NO_CHECK, 1, "SO_NO_CHECK");
    require(::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, interface,
                         static_cast<socklen_t>(std::strlen(interface))) == 0,
            "SO_BINDTODEVICE");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    require(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
            "bind a UDP socket");
    return socket;
}

} // namespace

UniqueFd open_frames(int network_namespace, const char* interface, std::uint16_t port)
{
    if (network_namespace < 0) {
        return open_frames_here(interface, port);
    }
    auto opened = netns::run_in(network_namespace, [&] { return open_frames_here(interface, port); });
    BOOST_REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
    return std::move(*opened);
}

UniqueFd open_datagrams(int network_namespace, const char* interface, std::uint16_t port)
{
    if (network_namespace < 0) {
        return open_datagrams_here(interface, port);
    }
    auto opened = netns::run_in(network_namespace, [&] { return open_datagrams_here(interface, port); });
    BOOST_REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
    return std::move(*opened);
}

} // namespace keavrf::bench
