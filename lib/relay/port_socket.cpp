#include "relay/port_socket.hpp"

#include "dhcp/message4.hpp"
#include "relay/udp_socket.hpp"

namespace keavrf::relay {

namespace {

// About 700 requests: what a port may save up while the others have their turns.
constexpr int buffer_size = 1 << 19;

} // namespace

Result<std::shared_ptr<PortSocket>> PortSocket::open(const asio::any_io_executor& executor, InterfaceIndex index,
                                                     const std::string& name, std::shared_ptr<FrameSenders> senders)
{
    UdpSocketOptions options;
    options.interface = index;
    options.port = dhcp::server_port;
    options.packet_info = true;
    options.to_clients = true;
    options.buffer = buffer_size;
    auto descriptor = open_udp_socket(options);
    if (!descriptor) {
        return descriptor.error().in("port " + name);
    }
    return std::make_shared<PortSocket>(executor, index, std::move(*descriptor), std::move(senders));
}

PortSocket::PortSocket(const asio::any_io_executor& executor, InterfaceIndex index, UniqueFd socket,
                       std::shared_ptr<FrameSenders> senders)
    : room(executor), index_(index), socket_(executor, asio::ip::udp::v4(), socket.get()), frames_(std::move(senders))
{
    static_cast<void>(socket.release()); // the Asio socket has it now; it would throw before taking it
}

void PortSocket::close() noexcept
{
    boost::system::error_code ignored; // closed in every case (core/unique_fd.hpp)
    socket_.close(ignored);
    frames_.close();
}

} // namespace keavrf::relay
