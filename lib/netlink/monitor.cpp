#include "netlink/monitor.hpp"

#include "core/log.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace keavrf::netlink {

namespace {

constexpr std::size_t buffer_size = 65536;
// How many datagrams are thrown away before others get their turn.
constexpr int drain_batch = 1000;
// How many are told at once. Together as far as possible: a move is several, and means nothing before the last.
constexpr int read_batch = 64;

SocketOptions event_socket(const MonitorOptions& options)
{
    return {{RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR}, options.receive_buffer};
}

// Up for as long as it lives, also where the coroutine is cancelled.
class Flag {
public:
    explicit Flag(bool& flag) : flag_(flag) { raise(); }
    Flag(const Flag&) = delete;
    Flag& operator=(const Flag&) = delete;
    ~Flag() { flag_ = false; }

private:
    void raise() { flag_ = true; }
    bool& flag_;
};

// A cancelled dump is no failure: the next co_await ends the monitor.
void report_failure(const Error& error)
{
    if (error.code() != asio::error::operation_aborted) {
        log::warning("netlink.resync-failed", "", error.message());
    }
}

} // namespace

Result<std::unique_ptr<Monitor>> Monitor::open(const asio::any_io_executor& executor, Observer& observer,
                                               const MonitorOptions& options)
{
    auto events = open_socket(event_socket(options));
    if (!events) {
        return events.error();
    }
    auto client = Client::open(executor, options.client);
    if (!client) {
        return client.error();
    }
    return std::unique_ptr<Monitor>(new Monitor(executor, std::move(*events), *client, observer, options));
}

Result<std::unique_ptr<Monitor>> Monitor::open_in(const asio::any_io_executor& executor, int namespace_fd,
                                                  Observer& observer, const MonitorOptions& options)
{
    auto events = open_socket_in(namespace_fd, event_socket(options));
    if (!events) {
        return events.error();
    }
    auto client = Client::open_in(executor, namespace_fd, options.client);
    if (!client) {
        return client.error();
    }
    return std::unique_ptr<Monitor>(new Monitor(executor, std::move(*events), *client, observer, options));
}

Monitor::Monitor(const asio::any_io_executor& executor, UniqueFd events, Client client, Observer& observer,
                 const MonitorOptions& options)
    : socket_(executor), client_(std::move(client)), observer_(observer), options_(options), buffer_(buffer_size)
{
    socket_.assign(Protocol(), events.get());
    (void)events.release();
    socket_.non_blocking(true);
}

asio::awaitable<void> Monitor::run()
{
    while (true) {
        if (resync_wanted_) {
            co_await async_resync();
            continue;
        }
        auto [error] = co_await socket_.async_wait(Protocol::socket::wait_read, as_result);
        if (!error) {
            error = read_events();
        }
        if (error && error != asio::error::operation_aborted) {
            throw FatalError(Error::from_code("netlink monitor: cannot receive", error));
        }
        // Aborted: by request_resync(), or the next co_await throws.
    }
}

// One bounded batch. What the kernel had no room for is asked for anew; any other error is the socket's own.
boost::system::error_code Monitor::read_events()
{
    for (int count = 0; count < read_batch && !resync_wanted_; ++count) {
        boost::system::error_code error;
        // With MSG_TRUNC the size is that of the whole datagram, however much of it fits.
        const auto size = socket_.receive_from(asio::buffer(buffer_), sender_, MSG_TRUNC, error);
        if (!error) {
            received(size);
        } else if (error == boost::system::errc::no_buffer_space) {
            ++overruns_;
            resync_wanted_ = true;
        } else {
            const bool nothing = error == asio::error::would_block || error == asio::error::interrupted;
            return nothing ? boost::system::error_code() : error;
        }
    }
    return {};
}

void Monitor::poll()
{
    if (resync_wanted_ || resyncing_) {
        return;
    }
    const auto error = read_events();
    (void)error; // run() meets it, too
    if (resync_wanted_) {
        socket_.cancel();
    }
}

void Monitor::request_resync()
{
    resync_wanted_ = true;
    socket_.cancel();
}

asio::awaitable<void> Monitor::async_resync()
{
    const auto now = Clock::now();
    if (now < next_resync_) {
        co_await async_sleep(next_resync_ - now);
    }
    resync_wanted_ = false;
    const Flag resyncing(resyncing_);
    // After ENOBUFS the kernel reports further losses only once the queue has been empty.
    co_await async_drain();
    const bool complete = co_await async_dump();
    if (complete) {
        ++resyncs_;
        backoff_.reset();
        next_resync_ = Clock::now() + options_.resync_pause;
    } else {
        resync_wanted_ = true;
        next_resync_ = Clock::now() + backoff_.next(std::chrono::milliseconds(0), 0.5);
    }
}

asio::awaitable<bool> Monitor::async_dump()
{
    const auto links = co_await client_.async_links();
    if (!links) {
        report_failure(links.error());
        co_return false;
    }
    const auto addresses = co_await client_.async_addresses();
    if (!addresses) {
        report_failure(addresses.error());
        co_return false;
    }
    observer_.begin_resync();
    for (const auto& link : *links) {
        observer_.event(LinkChanged{link});
    }
    for (const auto& address : *addresses) {
        observer_.event(AddressChanged{address});
    }
    observer_.end_resync();
    co_return true;
}

asio::awaitable<void> Monitor::async_drain()
{
    while (!drain_some()) {
        co_await async_sleep(Clock::duration::zero());
    }
}

// True when nothing is left.
bool Monitor::drain_some()
{
    for (int count = 0; count < drain_batch; ++count) {
        boost::system::error_code error;
        socket_.receive_from(asio::buffer(buffer_), sender_, 0, error);
        if (error && error != boost::system::errc::no_buffer_space) {
            return true;
        }
    }
    return false;
}

void Monitor::received(std::size_t size)
{
    if (!sender_.is_kernel()) {
        return;
    }
    if (size > buffer_.size()) {
        log::warning("netlink.truncated", "", "an event did not fit the buffer", {{"bytes", size}});
        resync_wanted_ = true;
        return;
    }
    MessageReader reader(Bytes(buffer_).first(size));
    while (const auto message = reader.next()) {
        const auto event = parse_event(*message);
        if (!event) {
            log::warning("netlink.malformed", "", event.error().message());
            resync_wanted_ = true;
        } else if (*event) {
            observer_.event(**event);
        }
    }
    resync_wanted_ = resync_wanted_ || !reader.ok();
}

} // namespace keavrf::netlink
