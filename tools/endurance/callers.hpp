// Clients that send DISCOVER after DISCOVER until somebody answers: how long a service was away, to the millisecond.
#pragma once

#include "core/unique_fd.hpp"
#include "support/dhcp_packet.hpp"
#include "tenants.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace keavrf::endurance {

using Clock = std::chrono::steady_clock;

class Callers {
public:
    Callers(const Tenants& tenants, const std::vector<unsigned>& which);

    // Each calls every `interval` until it has an OFFER to a DISCOVER that it sent in this call; the times of these
    // since `start`, in the order of `which`. Empty: none came within the patience.
    std::vector<std::optional<Clock::duration>> call(Clock::time_point start, Clock::duration interval,
                                                     Clock::duration patience);

private:
    struct Caller {
        UniqueFd socket;
        test::Bytes frame;
        std::optional<Clock::time_point> answered;
    };
    void send_all();
    void receive(Caller& caller);
    void wait(Clock::duration longest);
    [[nodiscard]] bool all_answered() const;

    std::vector<Caller> callers_;
    std::uint32_t xid_ = 0x10000;
    std::uint32_t first_xid_ = 0;
};

} // namespace keavrf::endurance
