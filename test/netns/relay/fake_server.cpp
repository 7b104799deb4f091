#include "fake_server.hpp"

#include "netns/socket.hpp"

#include <netinet/in.h>
#include <poll.h>

namespace keavrf::test {

namespace {

sockaddr_in socket_address(Ipv4Address address, std::uint16_t port)
{
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(address.value());
    return to;
}

UniqueFd open(int network_namespace, const netns::UdpBinding& binding)
{
    auto socket = netns::open_udp_socket_in(network_namespace, binding);
    BOOST_REQUIRE_MESSAGE(socket.has_value(), socket.error().message());
    return std::move(*socket);
}

void send_to(int descriptor, const Bytes& bytes, const sockaddr_in& to)
{
    const auto sent =
        ::sendto(descriptor, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    BOOST_REQUIRE(sent == static_cast<ssize_t>(bytes.size()));
}

} // namespace

FakeServer::FakeServer(int network_namespace, Ipv4Address own)
    : own_(own), socket_(open(network_namespace, {"", Ipv4Address(), 67, false}))
{
}

std::optional<DhcpMessage> FakeServer::receive()
{
    pollfd wait{socket_.get(), POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(patience.count())) != 1) {
        return std::nullopt;
    }
    Bytes bytes(65536);
    const auto size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    BOOST_REQUIRE(size >= 0);
    bytes.resize(static_cast<std::size_t>(size));
    return DhcpMessage::parse(bytes);
}

DhcpMessage FakeServer::answer(const DhcpMessage& request, std::uint8_t type, Ipv4Address yiaddr) const
{
    auto answer = request;
    answer.op = 2;
    answer.yiaddr = yiaddr;
    answer.options.clear();
    answer.add(option::message_type, Bytes{type});
    answer.add(option::server_id, own_);
    if (const auto* echoed = request.option(option::relay_agent)) {
        answer.add(option::relay_agent, *echoed);
    }
    return answer;
}

void FakeServer::send(const Bytes& bytes, Ipv4Address to)
{
    send_to(socket_.get(), bytes, socket_address(to, 67));
}

TenantSocket::TenantSocket(int network_namespace) : socket_(open(network_namespace, {"eth0", Ipv4Address(), 68, false}))
{
    const int on = 1;
    BOOST_REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0);
}

void TenantSocket::broadcast(const Bytes& bytes) const
{
    send_to(socket_.get(), bytes, socket_address(Ipv4Address(0xffffffffU), 67));
}

} // namespace keavrf::test
