#include "relay/uplink.hpp"

#include "dhcp/message4.hpp"
#include "netns/scoped_enter.hpp"
#include "relay/udp_socket.hpp"

namespace keavrf::relay {

namespace {

constexpr int server_side_buffer = 1 << 20; // all ports' answers come here
constexpr int client_side_buffer = 1 << 17;

struct Sockets {
    UniqueFd server_side;
    UniqueFd client_side;
};

Result<Sockets> open_sockets(InterfaceIndex index)
{
    Sockets sockets;
    UdpSocketOptions options;
    options.interface = index;
    options.port = dhcp::server_port;
    options.buffer = server_side_buffer;
    auto server_side = open_udp_socket(options);
    if (!server_side) {
        return server_side.error();
    }
    options.port = dhcp::client_port;
    options.buffer = client_side_buffer;
    auto client_side = open_udp_socket(options);
    if (!client_side) {
        return client_side.error();
    }
    sockets.server_side = std::move(*server_side);
    sockets.client_side = std::move(*client_side);
    return sockets;
}

} // namespace

Result<std::shared_ptr<Uplink>> Uplink::open(const asio::any_io_executor& executor, int hub_namespace,
                                             InterfaceIndex index, const std::string& name, FrameSenders& senders)
{
    auto sockets = netns::run_in(hub_namespace, [index] { return open_sockets(index); });
    if (!sockets) {
        return sockets.error().in("uplink " + name);
    }
    auto frames = senders.in_hub(hub_namespace);
    if (!frames) {
        return frames.error().in("uplink " + name);
    }
    return std::make_shared<Uplink>(executor, index, std::move(sockets->server_side), std::move(sockets->client_side),
                                    std::move(*frames));
}

Uplink::Uplink(const asio::any_io_executor& executor, InterfaceIndex index, UniqueFd server_side, UniqueFd client_side,
               std::shared_ptr<FrameSender> frames)
    : server_side_(executor, asio::ip::udp::v4(), server_side.get()),
      client_side_(executor, asio::ip::udp::v4(), (static_cast<void>(server_side.release()), client_side.get())),
      frames_(std::move(frames)), index_(index)
{
    static_cast<void>(client_side.release());
}

void Uplink::close() noexcept
{
    boost::system::error_code ignored; // closed in every case (core/unique_fd.hpp)
    server_side_.close(ignored);
    client_side_.close(ignored);
}

} // namespace keavrf::relay
