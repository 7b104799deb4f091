// The clients: thousands of them, frame level, with a number of exchanges outstanding (closed loop) or at a rate,
// whatever comes back (open loop). On the calling thread, together with the instant server where there is one.
#pragma once

#include "batch.hpp"
#include "core/unique_fd.hpp"
#include "instant_server.hpp"
#include "packet.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

namespace keavrf::bench {

using Clock = std::chrono::steady_clock;

struct LoadOptions {
    unsigned outstanding = 0; // closed loop
    double rate = 0;          // open loop: exchanges begun a second
    Clock::duration duration = std::chrono::seconds(2);
};

struct LoadResult {
    std::uint64_t begun = 0;
    std::uint64_t done = 0;
    std::uint64_t lost = 0; // no answer within a second, and those still open at the end that are older than that
    double seconds = 0;
    std::vector<double> latencies; // microseconds, one for each exchange
    [[nodiscard]] double per_second() const { return seconds > 0 ? static_cast<double>(done) / seconds : 0; }
};

class Load {
public:
    // Where the clients are, and what an exchange is: DISCOVER and OFFER, or all four messages. `server` may be null.
    Load(int network_namespace, const char* interface, const Road& road, bool four_messages, InstantServer* server);

    LoadResult run(const LoadOptions& options);
    // Whether a single exchange comes through within the time: the contestant is ready.
    bool answers(Clock::duration patience);

    static constexpr unsigned many = 4000;
    // With a Kea each client has an address of its own, and some relays teach the kernel each: its neighbour table, one
    // for all namespaces of the machine, holds 1,024.
    static constexpr unsigned few = 500;

private:
    enum class State { idle, discovering, requesting };
    struct Client {
        State state = State::idle;
        std::uint16_t sequence = 0;
        Clock::time_point begun;
    };

    void begin(Clock::time_point now);
    void send(unsigned client, const test::Bytes& frame, Ipv4Address requested, Ipv4Address server);
    void receive();
    void take(const Answer& answer, Clock::time_point now);
    void finish(unsigned client);
    void forget_open_exchanges();
    void drop_late(Clock::time_point now);
    void wait(Clock::duration longest);
    void begin_due(const LoadOptions& options, Clock::time_point start, Clock::time_point now);

    UniqueFd socket_;
    InstantServer* server_;
    bool relayed_;
    bool four_messages_;
    test::Bytes discover_;
    test::Bytes request_;
    Batch in_;
    Batch out_;
    std::vector<Client> clients_;
    std::deque<unsigned> idle_;
    // In the order they began: the oldest is the first that can be late.
    std::deque<std::pair<unsigned, std::uint16_t>> running_;
    unsigned open_ = 0;
    LoadResult result_;
};

} // namespace keavrf::bench
