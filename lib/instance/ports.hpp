// An instance's ports as opened on its relay, and those that could not be opened, each with a retry of its own: one
// interface on which another server holds port 67 does not keep the others from being served.
#pragma once

#include "core/asio.hpp"
#include "core/backoff.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "relay/relay.hpp"
#include "topology/domain.hpp"
#include "topology/plan.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace keavrf::instance {

class Ports {
public:
    Ports(VrfName vrf, relay::Relay& relay, std::function<double()> random);

    // Closes what is not in `desired` any more, updates the rest in place, forgets failures of what is gone.
    void update(const topology::Domain& domain, const topology::DesiredInstance& desired);
    // A failure is remembered with the time of the next attempt, and is not an error to the caller.
    void open(const topology::Domain& domain, InterfaceIndex index, const std::string& fingerprint,
              Clock::time_point now);
    void close(InterfaceIndex index);
    // Whether the interface is still this VRF's (topology/departures.hpp); empty: it is. Where it is not, its port
    // closes at once, what waits to be read there is another tenant's, and it is not opened again before it is back.
    // True where that changed anything.
    bool judge(InterfaceIndex index, const std::string& departed);
    // The socket reported by itself that the interface is gone.
    void lost(InterfaceIndex index, const Error& error, Clock::time_point now);
    // All at once, without delay.
    void retry_now() { failed_.clear(); }

    [[nodiscard]] const std::map<InterfaceIndex, topology::ObservedPort>& open_ports() const noexcept { return open_; }
    [[nodiscard]] std::size_t failures() const noexcept { return failed_.size(); }
    // Why one port is not open; empty where nothing is known against it.
    [[nodiscard]] std::string failure(InterfaceIndex index) const;
    // The first of them as a sentence; empty: none.
    [[nodiscard]] std::string first_failure() const;
    // Takes out of `desired` the ports whose time has not come yet, and those that are away.
    void withhold(topology::DesiredInstance& desired, Clock::time_point now) const;
    [[nodiscard]] std::optional<Clock::time_point> next_retry() const;

private:
    struct Failed {
        Backoff backoff;
        Clock::time_point retry_at;
        std::string reason;
    };
    void note_failure(InterfaceIndex index, const std::string& reason, Clock::time_point now);

    VrfName vrf_;
    relay::Relay& relay_;
    std::function<double()> random_;
    std::map<InterfaceIndex, topology::ObservedPort> open_;
    std::map<InterfaceIndex, Failed> failed_;
    std::set<InterfaceIndex> away_;
};

} // namespace keavrf::instance
