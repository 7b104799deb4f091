#include "core/backoff.hpp"

#include <algorithm>

namespace keavrf {

std::chrono::milliseconds Backoff::next(std::chrono::milliseconds ran, double random)
{
    if (ran >= policy_.healthy) {
        failures_ = 0;
        return std::chrono::milliseconds{0};
    }
    const auto doublings = std::min(failures_++, 30U);
    const auto delay = std::min(policy_.first * (std::int64_t{1} << doublings), policy_.longest);
    const double factor = 1.0 + policy_.jitter * (2.0 * random - 1.0);
    return std::chrono::milliseconds{static_cast<std::int64_t>(static_cast<double>(delay.count()) * factor)};
}

} // namespace keavrf
