#include "forked.hpp"

#include "batch.hpp"
#include "dhcp/frame.hpp"
#include "relay/relay.hpp"
#include "sockets.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <iostream>

namespace keavrf::bench {

namespace {

template <class T>
T checked(Result<T> result)
{
    if (!result) {
        throw FatalError(result.error());
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

relay::PortConfig port_of(const Wiring& wiring)
{
    relay::PortConfig port;
    port.index = wiring.client_side().index;
    port.name = "cli";
    port.mac = wiring.client_side().address;
    port.mtu = wiring.client_side().mtu;
    port.giaddr = gateway;
    port.addresses.push_back({gateway, *Ipv4Prefix::parse("10.1.0.0/16", true), false});
    return port;
}

bool frame(std::span<std::uint8_t> buffer, std::size_t size, const dhcp::FrameAddresses& addresses)
{
    return dhcp::write_frame_header(buffer.first<dhcp::frame_header_size>(), buffer.subspan(headers_size, size),
                                    addresses);
}

void add_request(Batch& out, std::span<const std::uint8_t> request, ToServer to_server)
{
    const auto buffer = out.next();
    const auto copy = to_server == ToServer::frames ? buffer.subspan(headers_size) : buffer;
    std::copy(request.begin(), request.end(), copy.begin());
    ++copy[3];
    write32(copy, 24, gateway.value());
    if (to_server == ToServer::datagrams) {
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_port = htons(67);
        server.sin_addr.s_addr = htonl(server_address.value());
        out.add(request.size(), server);
        return;
    }
    const dhcp::FrameAddresses addresses{Wiring::relay_mac, Wiring::server_mac, relay_address, server_address, 67, 67};
    if (frame(buffer, request.size(), addresses)) {
        out.add(headers_size + request.size());
    }
}

void forward_requests(Batch& in, Batch& out, int port, int uplink, ToServer to_server)
{
    const auto count = in.receive(port);
    for (unsigned i = 0; i < count; ++i) {
        const auto request = in.received(i);
        if (request.size() >= 240 && request[0] == 1) {
            add_request(out, request, to_server);
        }
    }
    out.flush(uplink);
}

void forward_answers(Batch& in, Batch& out, int uplink, int frames)
{
    const auto count = in.receive(uplink);
    for (unsigned i = 0; i < count; ++i) {
        const auto answer = in.received(i);
        if (answer.size() < 240 || answer[0] != 2) {
            continue;
        }
        const auto buffer = out.next();
        dhcp::FrameAddresses addresses;
        addresses.source_mac = Wiring::gateway_mac;
        std::copy_n(answer.begin() + 28, 6, addresses.destination_mac.begin());
        addresses.source = gateway;
        addresses.destination = Ipv4Address(read32(answer, 16));
        std::copy(answer.begin(), answer.end(), buffer.begin() + headers_size);
        if (frame(buffer, answer.size(), addresses)) {
            out.add(headers_size + answer.size());
        }
    }
    out.flush(frames);
}

} // namespace

ForkedChild::ForkedChild(const std::function<void()>& work) : pid_(::fork())
{
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ != 0) {
        return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
        work();
    } catch (const std::exception& failure) {
        std::cerr << "bench: a relay failed: " << failure.what() << '\n';
    }
    ::_exit(1);
}

ForkedChild::~ForkedChild()
{
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void run_keavrfd_relay(const Wiring& wiring)
{
    asio::io_context context(1);
    const auto io = checked(relay::SharedIo::open());
    relay::RelayContext about;
    about.vrf = VrfName("bench");
    about.host = "bench";
    about.relay_address = relay_address;
    about.kea_address = server_address;
    about.relay_mac = LinkAddress(Wiring::relay_mac);
    about.kea_mac = LinkAddress(Wiring::server_mac);
    about.io = io.get();
    about.hub_namespace = [&wiring] { return wiring.hub(); };
    relay::Relay relay(context.get_executor(), std::move(about));
    asio::co_spawn(context, relay.run(), [](const std::exception_ptr& failure) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    // After run() has begun.
    asio::post(context, [&] {
        checked(relay.open_uplink(wiring.uplink(), "up"));
        checked(relay.open_port(port_of(wiring)));
        relay.set_own_addresses({gateway});
        relay.set_serving(true);
    });
    context.run();
}

void run_plain_relay(ToServer to_server)
{
    const auto port = open_datagrams(-1, "cli", 67);
    const auto uplink = open_datagrams(-1, "up", 67);
    const auto frames = open_frames(-1, "cli", 0);
    const auto uplink_frames = open_frames(-1, "up", 0);
    const auto& to = to_server == ToServer::frames ? uplink_frames : uplink;
    Batch in;
    Batch out;
    std::array<pollfd, 2> watched{{{port.get(), POLLIN, 0}, {uplink.get(), POLLIN, 0}}};
    while (::poll(watched.data(), watched.size(), -1) >= 0) {
        if (watched[0].revents != 0) {
            forward_requests(in, out, port.get(), to.get(), to_server);
        }
        if (watched[1].revents != 0) {
            forward_answers(in, out, uplink.get(), frames.get());
        }
    }
}

} // namespace keavrf::bench
