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
    // Room for a batch. No PACKET_QDISC_BYPASS, although it is a little faster: what goes that way is invisible to
    // tcpdump on the interface, and an operator would look for the answers in vain.
    ::setsockopt(sender.descriptor(), SOL_SOCKET, SO_SNDBUFFORCE, &buffer_size, sizeof buffer_size);
    return sender;
}

Result<FrameSender> FrameSender::open_on(InterfaceIndex interface)
{
    auto sender = open();
    if (!sender) {
        return sender;
    }
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = interface.value();
    if (::bind(sender->descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return Error::from_errno("cannot bind a packet socket to the interface (index " +
                                 std::to_string(interface.value()) + ")");
    }
    return sender;
}

} // namespace keavrf::relay
