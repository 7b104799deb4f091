// How long a reload waits for the instances that try its configuration out. Pure.
//
// Each may take as long as its leases need (instance::longest_trial). Since only a few start their Keas at the same
// time, the others wait for these: so the time counts from the last one that came to an end, and ends when all
// outstanding ones should have come to theirs. With however many instances, it is an hour at most.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace keavrf::orchestrator {

class Patience {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    static constexpr std::chrono::hours most{1};

    explicit Patience(TimePoint now) : end_(now + most), progress_(now) {}

    // Until when to wait for those that are outstanding now, given as the longest that each may take.
    TimePoint until(TimePoint now, const std::vector<Duration>& outstanding);

private:
    TimePoint end_;
    TimePoint progress_; // when the last one came to an end
    std::size_t left_ = 0;
};

} // namespace keavrf::orchestrator
