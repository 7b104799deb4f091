// Relays as DESIGN section 4 wires them, each with a Kea of its own behind one hub; the "host" is the sandbox. The
// relays run on a thread of their own, so that a test can play the clients meanwhile.
#pragma once

#include "core/asio.hpp"
#include "netlink/client.hpp"
#include "relay/relay.hpp"
#include "support/network.hpp"
#include "support/program.hpp"
#include "support/raw_client.hpp"
#include "support/sandbox.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace keavrf::test {

// What must succeed.
template <class T>
T checked(Result<T> result)
{
    BOOST_REQUIRE_MESSAGE(result.has_value(), result.error().message());
    return std::move(*result);
}

inline void checked(const Result<void>& result)
{
    BOOST_REQUIRE_MESSAGE(result.has_value(), result.error().message());
}

// The thread on which relays live, in the namespace of whoever makes it.
class RelayThread {
public:
    RelayThread();
    RelayThread(const RelayThread&) = delete;
    RelayThread& operator=(const RelayThread&) = delete;
    ~RelayThread();

    [[nodiscard]] asio::any_io_executor executor() { return context_.get_executor(); }
    // Runs it there, and gives its result.
    template <class Function>
    auto run(Function function)
    {
        std::packaged_task<std::invoke_result_t<Function>()> task(std::move(function));
        auto result = task.get_future();
        asio::post(context_, std::move(task));
        return result.get();
    }

private:
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
};

struct PoolOfDomain {
    std::string subnet; // "192.168.1.0/24"
    std::string range;  // "192.168.1.100 - 192.168.1.120"
};

// One domain: a Kea in a namespace of its own, the pair, the relay with its uplink open and serving.
class RelayDomain {
public:
    struct Options {
        std::string name;
        unsigned slot = 0;
        std::vector<PoolOfDomain> pools;
        bool with_kea = true; // otherwise a test plays the server (fake_server.hpp)
        Clock::duration hold_time = std::chrono::seconds(10);
        relay::HoldLimits hold_limits;
    };
    RelayDomain(RelayThread& thread, relay::SharedIo& io, const ClientNamespace& hub, const Options& options);
    RelayDomain(const RelayDomain&) = delete;
    RelayDomain& operator=(const RelayDomain&) = delete;
    ~RelayDomain();

    // A port on an interface of the host; its addresses are those given, its giaddr the first.
    [[nodiscard]] relay::PortConfig port(const std::string& interface, const std::vector<std::string>& addresses) const;
    void open(const relay::PortConfig& config);
    // Something done, or asked, on the relay's thread.
    template <class Function>
    auto with_relay(Function function)
    {
        return thread_.run([this, &function] { return function(*relay_); });
    }
    // On the relay's thread already.
    void abandon_here(InterfaceIndex port) { static_cast<void>(relay_->abandon_port(port)); }
    [[nodiscard]] relay::RelayCounters counters();
    // Waits for Relay::async_drain().
    void drain();
    [[nodiscard]] Program& kea() { return *kea_; }
    [[nodiscard]] int kea_namespace() const noexcept { return kea_namespace_.fd(); }
    [[nodiscard]] Ipv4Address kea_address() const noexcept { return kea_address_; }
    [[nodiscard]] InterfaceIndex uplink_index() const noexcept { return uplink_index_; }
    // UDP from an ordinary socket beside Kea's, to port 67.
    void send_from_kea_namespace(const Bytes& bytes, Ipv4Address to);
    // Ports that failed, in words.
    [[nodiscard]] std::vector<std::string> failures();
    // Cancels run() and waits for its end.
    void stop();

private:
    void wire(const ClientNamespace& hub);
    void start_kea(const Options& options);

    RelayThread& thread_;
    std::string name_;
    ClientNamespace kea_namespace_;
    Ipv4Address relay_address_;
    Ipv4Address kea_address_;
    InterfaceIndex uplink_index_;
    std::optional<Program> kea_;
    std::unique_ptr<relay::Relay> relay_;
    asio::cancellation_signal cancel_;
    std::future<void> ended_;
    std::vector<std::string> failures_;
};

// The hub, the thread, and what relays share.
struct RelayLab : Sandbox {
    RelayLab();

    Network network;
    ClientNamespace hub;
    RelayThread thread;
    std::unique_ptr<relay::SharedIo> io;
};

} // namespace keavrf::test
