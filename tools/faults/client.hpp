// A client that acquires and renews all the time, and keeps a journal. It never waits: tick() does what is due. One of
// several on a tenant's wire, each with a socket of its own; the judge hears of everything that comes for it.
#pragma once

#include "judge.hpp"
#include "support/raw_client.hpp"

#include <deque>
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

    // Hardly any rest between two renewals, also for the sleepy.
    void hurry(bool on);
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
    bool hurried_ = false;
    std::optional<Ipv4Address> address_;
    Ipv4Address server_;
    test::DhcpMessage message_;
    unsigned sent_ = 0;
    Clock::time_point next_{};
    std::set<std::uint32_t> asked_;
    std::deque<std::string> journal_;
};

Origin origin_of(const test::DhcpMessage& message);
// A socket on "eth0" there, which does not hear what others there send.
std::unique_ptr<test::RawClient> open_wire(const Wire& wire, const test::Mac& mac);

} // namespace keavrf::faults
