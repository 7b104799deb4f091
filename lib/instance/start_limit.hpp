// How long a start of Kea may take until it is ready, without what its leases take to load: as configured, twice as
// long after each that was not done in time, since a machine may be slow; but bounded, since a Kea that hangs is not
// helped by it. Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace keavrf::instance {

class StartLimit {
public:
    using Duration = std::chrono::steady_clock::duration;

    // Unless more is configured.
    static constexpr Duration longest = std::chrono::minutes(1);

    [[nodiscard]] Duration of(Duration configured) const { return std::max(configured, lengthened_); }
    // One that might take `given` took longer.
    void timed_out(Duration given) { lengthened_ = std::min(2 * given, longest); }
    void was_ready() { lengthened_ = {}; }

private:
    Duration lengthened_{};
};

} // namespace keavrf::instance
