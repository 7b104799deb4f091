#include "relay/frame_sender.hpp"

#include <linux/if_packet.h>
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
    // Both only make it faster: no queueing discipline on the way (FACTS section 3), and room for a batch.
    const int on = 1;
    ::setsockopt(sender.descriptor(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    ::setsockopt(sender.descriptor(), SOL_SOCKET, SO_SNDBUFFORCE, &buffer_size, sizeof buffer_size);
    return sender;
}

} // namespace keavrf::relay
