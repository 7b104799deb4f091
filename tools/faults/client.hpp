// A client that acquires and renews all the time, and keeps a journal. It never waits: tick() does what is due. One of
// several on a tenant's wire, each with a socket of its own; the judge hears of everything that comes for it.
#pragma once

#include "judge.hpp"
#include "support/raw_client.hpp"

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

namespace keavrf::faults {

using Random = std::mt19937_64;

// Where a tenant's clients are: borrowed by them, changed when the wire is made anew.
struct Wire {
    int network_namespace = -1;
    test::Mac gateway_mac{};
};

class Client {
public:
    // A sleepy one lies low for half a minute and more between two renewals, so that a server that forgot it is not
    // reminded at once.
    Client(Who who, const test::Mac& mac, bool sleepy, Judge& judge, Random& random);

    // A new socket on "eth0", and none.
    void attach(const Wire& wire);
    void detach() { socket_.reset(); }
    void tick(Clock::time_point now);

    // Instead of what comes next: asks for its lease by REBINDING until it is acknowledged, and then rests. A client
    // without a lease acquires one.
    void verify();
    [[nodiscard]] bool resting() const noexcept { return state_ == State::resting; }
    [[nodiscard]] bool has_acquired() const noexcept { return address_.has_value(); }
    // The last lines.
    [[nodiscard]] std::string journal() const;

private:
    enum class State { starting, selecting, requesting, bound, renewing, rebinding, rebooting, resting };

    void take(const test::DhcpFrame& frame, Clock::time_point now);
    void acknowledged(const test::DhcpMessage& message, Clock::time_point now);
    void refused(Clock::time_point now);
    void act(Clock::time_point now);
    void begin(State state, test::DhcpMessage message, Clock::time_point now);
    void discover(Clock::time_point now);
    void request_offer(const test::DhcpMessage& offer, Clock::time_point now);
    void renew(Clock::time_point now);
    void rebind(Clock::time_point now);
    void reboot(Clock::time_point now);
    void release(Clock::time_point now);
    void transmit(Clock::time_point now);
    void give_up(Clock::time_point now);
    void unicast(const test::DhcpMessage& message);
    void note(Clock::time_point now, const std::string& text);

    Who who_;
    test::Mac mac_;
    bool sleepy_;
    Judge& judge_;
    Random& random_;
    Wire wire_;
    std::unique_ptr<test::RawClient> socket_;
    State state_ = State::starting;
    bool verifying_ = false;
    std::optional<Ipv4Address> address_;
    Ipv4Address server_;
    test::DhcpMessage message_;
    unsigned sent_ = 0;
    Clock::time_point next_{};
    std::set<std::uint32_t> asked_;
    std::deque<std::string> journal_;
};

// Finds out when a tenant is served again: DISCOVERs until an answer comes to one that was sent after begin(), and
// slower for ever after. Each asks for an address that a client holds: a server that offers it has forgotten the lease.
// Looks at everything on the wire: an answer to a hardware address that nobody here has is a crossing.
class Prober {
public:
    // Of a tenant with so many clients.
    Prober(unsigned tenant, const test::Mac& mac, unsigned clients, Judge& judge);
    void attach(const Wire& wire);
    void detach() { socket_.reset(); }
    void know(const test::Mac& mac) { known_.insert(mac); }
    void begin(Clock::time_point now);
    void tick(Clock::time_point now);
    [[nodiscard]] std::optional<Clock::time_point> served() const noexcept { return served_; }

private:
    struct Poach {
        Who holder;
        std::uint64_t holding = 0;
        Ipv4Address address;
        bool since_begin = false;
    };
    void take(const test::DhcpFrame& frame, Clock::time_point now);
    void ask(Clock::time_point now);

    Who who_;
    test::Mac mac_;
    unsigned clients_;
    Judge& judge_;
    std::unique_ptr<test::RawClient> socket_;
    std::set<test::Mac> known_;
    std::map<std::uint32_t, Poach> asked_; // by xid
    unsigned turn_ = 0;
    Clock::time_point next_{};
    std::optional<Clock::time_point> served_;
};

// Flooding and garbage bear hardware addresses that begin so.
inline constexpr std::array<std::uint8_t, 2> flood_prefix{0x02, 0x6c};

Origin origin_of(const test::DhcpMessage& message);

} // namespace keavrf::faults
