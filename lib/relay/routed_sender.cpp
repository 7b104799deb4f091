#include "relay/routed_sender.hpp"

#include "core/ip_address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace keavrf::relay {

namespace {

constexpr int send_buffer = 1 << 20;        // room for a batch
constexpr Ipv4Address nobodys(0x7ffffffeU); // 127.255.255.254

} // namespace

Result<RoutedSender> RoutedSender::open()
{
    RoutedSender sender;
    sender.socket_.reset(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP));
    if (!sender.socket_) {
        return Error::from_errno("cannot open a raw socket").hint("CAP_NET_RAW is needed");
    }
    // Also where the loopback is down.
    const int on = 1;
    ::setsockopt(sender.descriptor(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(nobodys.value());
    if (::bind(sender.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return Error::from_errno("cannot bind a raw socket to " + nobodys.str());
    }
    const int least = 0; // the kernel's minimum
    ::setsockopt(sender.descriptor(), SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
    ::setsockopt(sender.descriptor(), SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof send_buffer);
    return sender;
}

} // namespace keavrf::relay
