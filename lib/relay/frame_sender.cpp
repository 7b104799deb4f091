#include "relay/frame_sender.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace keavrf::relay {

namespace {

constexpr int buffer_size = 1 << 20;

} // namespace

Result<FrameSender> FrameSender::open()
{
    FrameSender sender;
    sender.socket_.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!sender.socket_) {
        return Error::from_errno("cannot open a packet socket").hint("CAP_NET_RAW is needed");
    }
    // Room for a batch. No PACKET_QDISC_BYPASS, although it is a little faster: what goes that way is invisible to
    // tcpdump on the interface, and an operator would look for the answers in vain.
    ::setsockopt(sender.descriptor(), SOL_SOCKET, SO_SNDBUFFORCE, &buffer_size, sizeof buffer_size);
    return sender;
}

std::size_t FrameSender::unsent() const noexcept
{
    int bytes = 0;
    return ::ioctl(descriptor(), SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

} // namespace keavrf::relay
