#include "relay/relay.hpp"

#include "core/log.hpp"
#include "relay/scheduling.hpp"
#include "relay/server_backlog.hpp"

#include <boost/asio/post.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>

namespace keavrf::relay {

namespace {

// Released after a hold: so many at once, then a pause in which Kea empties its socket buffer (FACTS section 2 for
// Kea's speed; its buffer holds about 170 requests).
constexpr std::size_t release_batch = 32;
constexpr std::chrono::milliseconds release_pause{2};

// No more while so much waits to be read; a third of its buffer.
constexpr std::size_t release_backlog = 65536;
// A Kea that reads nothing for half a second gets some more all the same: nothing is held for ever.
constexpr unsigned release_patience = 250;
// While the server has enough to read, what comes waits in the port's socket; so long, and it is looked at again.
constexpr std::chrono::milliseconds burst_pause{5};
constexpr std::chrono::milliseconds drain_most{1000};
constexpr std::chrono::milliseconds drain_pause{1};
// So often in a row there must be nothing: what was just sent may still be on its way through the pair.
constexpr unsigned drain_looks = 3;

sockaddr_in socket_address(Ipv4Address address, std::uint16_t port)
{
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(port);
    made.sin_addr.s_addr = htonl(address.value());
    return made;
}

std::optional<dhcp::FrameAddresses> frame_addresses(const RelayContext& context)
{
    dhcp::FrameAddresses made;
    const auto own = context.relay_mac.bytes();
    const auto other = context.kea_mac.bytes();
    if (own.size() != made.source_mac.size() || other.size() != made.destination_mac.size()) {
        return std::nullopt;
    }
    std::copy(own.begin(), own.end(), made.source_mac.begin());
    std::copy(other.begin(), other.end(), made.destination_mac.begin());
    made.source = context.relay_address;
    made.destination = context.kea_address;
    made.source_port = dhcp::server_port;
    made.destination_port = dhcp::server_port;
    return made;
}

std::uint64_t random_seed()
{
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

} // namespace

Result<std::unique_ptr<SharedIo>> SharedIo::open()
{
    prefer_batches();
    auto shared = std::make_unique<SharedIo>();
    auto frames = FrameSenders::open();
    if (!frames) {
        return frames.error();
    }
    shared->frames = std::move(*frames);
    return shared;
}

Relay::Relay(asio::any_io_executor executor, RelayContext context)
    : executor_(std::move(executor)), context_(std::move(context)),
      domain_({context_.vrf.str(), context_.host}, context_.kea_address, random_seed()),
      to_kea_(frame_addresses(context_)), probe_(context_.relay_address), held_(context_.hold_limits),
      held_changed_(executor_), vigil_begun_(executor_), tasks_(executor_)
{
    domain_.limit_resolutions(&context_.io->resolutions);
}

Relay::~Relay()
{
    close_all();
}

asio::awaitable<void> Relay::run()
{
    struct CloseAtEnd {
        Relay& relay;
        ~CloseAtEnd() { relay.close_all(); }
    } const close_at_end{*this};
    tasks_.spawn("relay held", serve_held());
    tasks_.spawn("relay vigil", serve_vigil());
    co_await tasks_.async_join();
}

bool Relay::send_probe()
{
    if (!uplink_) {
        return false;
    }
    const auto bytes = probe_.next();
    const auto address = socket_address(context_.kea_address, dhcp::server_port);
    const auto sent = ::sendto(uplink_->server_side().native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (sent != static_cast<ssize_t>(bytes.size())) {
        return false;
    }
    domain_.admission().probed(Clock::now());
    return true;
}

void Relay::set_serving(bool serving) noexcept
{
    serving_ = serving;
    update_serving();
}

void Relay::hold(bool holding)
{
    if (holding && !holding_) {
        hold_until_ = Clock::now() + context_.hold_time;
    }
    holding_ = holding;
    gave_up_ = gave_up_ && holding;
    update_serving();
}

void Relay::update_serving() noexcept
{
    domain_.set_serving(serving_ && uplink_ != nullptr && !gave_up_);
    held_changed_.notify();
}

asio::awaitable<void> Relay::async_drain(ProcessId server)
{
    server_ = server;
    const auto end = Clock::now() + drain_most;
    for (unsigned empty = 0; empty < drain_looks && Clock::now() < end;) {
        co_await async_sleep(drain_pause);
        empty = server_backlog(server, dhcp::server_port).value_or(0) == 0 ? empty + 1 : 0;
    }
}

asio::awaitable<void> Relay::serve_port(SocketPointer socket)
{
    while (socket->is_open()) {
        const auto [error] = co_await socket->socket().async_wait(asio::ip::udp::socket::wait_read, as_result);
        if (error == asio::error::operation_aborted || !socket->is_open()) {
            co_return;
        }
        if (must_wait(*socket)) {
            ask_what_is_read();
            co_await socket->room.async_wait_until(Clock::now() + burst_pause);
            socket->waits = false;
            continue;
        }
        // Any other error is the socket's own, and the read reports it.
        if (!port_turn(*socket)) {
            co_return;
        }
    }
}

asio::awaitable<void> Relay::serve_uplink(UplinkPointer uplink, Side side)
{
    auto& socket = side == Side::server ? uplink->server_side() : uplink->client_side();
    unsigned failures = 0;
    int trouble = 0;
    while (socket.is_open() && failures < failures_allowed) {
        const auto [error] = co_await socket.async_wait(asio::ip::udp::socket::wait_read, as_result);
        if (error == asio::error::operation_aborted || !socket.is_open()) {
            co_return;
        }
        auto& overflow = uplink->overflow.at(side == Side::server ? 0 : 1);
        trouble = uplink_turn(socket.native_handle(), overflow);
        failures = trouble == 0 ? 0 : failures + 1;
    }
    if (uplink == uplink_) {
        fail_uplink(Error::from_errno("the relay's sockets towards Kea: cannot receive", trouble));
    }
}

asio::awaitable<void> Relay::serve_held()
{
    unsigned refused = 0;
    while (true) {
        if (gave_up_ || (held_.empty() && !holding_)) {
            co_await held_changed_.async_wait();
        } else if (holding_ || !domain_.serving()) {
            const auto changed = co_await held_changed_.async_wait_until(*hold_until_);
            if (!changed && (holding_ || !domain_.serving())) {
                give_up_held();
            }
        } else {
            const auto full = server_backlog(server_, dhcp::server_port).value_or(0) > release_backlog;
            refused = full && refused < release_patience ? refused + 1 : 0;
            if (refused == 0) {
                send_held(release_batch);
            }
            co_await async_sleep(release_pause);
        }
    }
}

// While it is in the queue again and again, the io_context asks for events without sleeping, and serves whatever comes.
asio::awaitable<void> Relay::serve_vigil()
{
    while (true) {
        co_await vigil_begun_.async_wait();
        while (vigil_.kept(Clock::now())) {
            co_await asio::post(executor_, asio::use_awaitable);
        }
    }
}

} // namespace keavrf::relay
