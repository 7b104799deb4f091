#include "orchestrator/patience.hpp"

#include <algorithm>

namespace keavrf::orchestrator {

Patience::TimePoint Patience::until(TimePoint now, const std::vector<Duration>& outstanding)
{
    if (outstanding.size() < left_) {
        progress_ = now;
    }
    left_ = outstanding.size();
    const auto longest = std::max_element(outstanding.begin(), outstanding.end());
    return longest == outstanding.end() ? now : std::min(end_, progress_ + *longest);
}

} // namespace keavrf::orchestrator
