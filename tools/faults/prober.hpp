// Asks all the time, and so knows when a tenant is served, and what its server has forgotten.
#pragma once

#include "client.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace keavrf::faults {

// The upper halves of the xids in a flood, and in garbage: whatever hardware address an answer to garbage names (hlen
// may be broken), and whatever options it lacks, this tells where it belongs.
inline constexpr std::uint32_t flood_xids = 0xf10d;
inline constexpr std::uint32_t garbage_xids = 0x6a5b;

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

} // namespace keavrf::faults
