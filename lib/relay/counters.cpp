#include "relay/counters.hpp"

#include <algorithm>

namespace keavrf::relay {

void AnswerTimes::add(std::chrono::nanoseconds time) noexcept
{
    const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(time).count();
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(microseconds, 0));
    const auto* const bound = std::lower_bound(bounds.begin(), bounds.end(), value);
    ++buckets.at(static_cast<std::size_t>(bound - bounds.begin()));
    ++count;
    sum += time;
}

} // namespace keavrf::relay
