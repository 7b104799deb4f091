// Tells an observer everything about the links and addresses of one network namespace: first all there is, then each
// change, and after anything that may have been missed, all there is again.
//
// It subscribes before it dumps, so no change falls between. Changes that happen during a dump are told after it; such
// an event may be older than the dump, but the last word about each object is always the latest. After ENOBUFS (the
// kernel dropped events) what is queued is thrown away and everything is dumped anew.
#pragma once

#include "core/asio.hpp"
#include "core/backoff.hpp"
#include "core/error.hpp"
#include "netlink/client.hpp"
#include "netlink/protocol.hpp"
#include "netlink/rtnetlink.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace keavrf::netlink {

// Called from Monitor::run, synchronously; must not throw and must not destroy the monitor.
class Observer {
public:
    virtual ~Observer() = default;
    // Between begin_resync and end_resync comes, as LinkChanged and then AddressChanged, all that exists: what was
    // known before and is not told again is gone. An address may belong to a link that is told of only later.
    virtual void begin_resync() = 0;
    virtual void event(const Event& event) = 0;
    virtual void end_resync() = 0;

protected:
    Observer() = default;
    Observer(const Observer&) = default;
    Observer& operator=(const Observer&) = default;
    Observer(Observer&&) = default;
    Observer& operator=(Observer&&) = default;
};

struct MonitorOptions {
    // Room for some ten thousand events in a burst.
    int receive_buffer = 8 << 20;
    // A resync never follows another sooner than this, so that a storm of events costs no storm of dumps.
    std::chrono::milliseconds resync_pause{100};
    ClientOptions client;
};

class Monitor {
public:
    // Subscribes at once, in the current namespace or in another one (the descriptor is borrowed). The observer is
    // borrowed and outlives the monitor.
    static Result<std::unique_ptr<Monitor>> open(const asio::any_io_executor& executor, Observer& observer,
                                                 const MonitorOptions& options = {});
    static Result<std::unique_ptr<Monitor>> open_in(const asio::any_io_executor& executor, int namespace_fd,
                                                    Observer& observer, const MonitorOptions& options = {});

    // Runs until cancelled; call it once. A dump that fails is logged and tried again. Throws FatalError when the
    // socket itself is broken.
    asio::awaitable<void> run();

    // Tells the observer what the kernel has told already, before run() gets its turn; not while there is a resync
    // under way, whose dump would be older. To be called beside run(), not by the observer.
    void poll();
    // Everything is dumped anew as soon as possible; calls before that count as one.
    void request_resync();
    // Resyncs carried out, the first one included.
    [[nodiscard]] std::uint64_t resyncs() const noexcept { return resyncs_; }
    // How often the kernel said that it had dropped events.
    [[nodiscard]] std::uint64_t overruns() const noexcept { return overruns_; }

private:
    Monitor(const asio::any_io_executor& executor, UniqueFd events, Client client, Observer& observer,
            const MonitorOptions& options);

    asio::awaitable<void> async_resync();
    asio::awaitable<bool> async_dump();
    asio::awaitable<void> async_drain();
    bool drain_some();
    boost::system::error_code read_events();
    void received(std::size_t size);

    Protocol::socket socket_;
    Client client_;
    Observer& observer_;
    MonitorOptions options_;
    std::vector<std::uint8_t> buffer_;
    Endpoint sender_;
    Backoff backoff_;
    Clock::time_point next_resync_{}; // not before
    std::uint64_t resyncs_ = 0;
    std::uint64_t overruns_ = 0;
    bool resync_wanted_ = true;
    bool resyncing_ = false;
};

} // namespace keavrf::netlink
