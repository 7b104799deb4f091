#include "relay/admission.hpp"

#include <algorithm>

namespace keavrf::relay {

bool Admission::has_room(const Share& share, Kind kind, TimePoint now) noexcept
{
    settle(now);
    const auto taken = share.burst == burst_ ? share.taken.at(static_cast<std::size_t>(kind)) : 0;
    if (in_flight() < window && (!busy_ || taken < burst_share)) {
        return true;
    }
    if (!busy_) {
        busy_ = true;
        begin_burst(now);
    }
    refused_ = now;
    return false;
}

std::uint64_t Admission::take(Share& share, Kind kind, TimePoint now) noexcept
{
    if (share.burst != burst_) {
        share = {burst_, {}};
    }
    ++share.taken.at(static_cast<std::size_t>(kind));
    if (in_flight() == 0) {
        progress_ = now;
    }
    return ++sent_;
}

void Admission::answered(std::uint64_t number, TimePoint now) noexcept
{
    // Behind what was read before, in any case.
    read_ = std::min(sent_, std::max(read_ + 1, number));
    progress_ = now;
    if (busy_ && !resting_ && in_flight() == 0) {
        end_burst(now);
    }
}

void Admission::reset() noexcept
{
    read_ = sent_;
    busy_ = false;
}

void Admission::settle(TimePoint now) noexcept
{
    if (in_flight() != 0 && now - progress_ >= patience) {
        read_ = sent_;
        progress_ = now;
    }
    if (!busy_) {
        return;
    }
    if (now - refused_ >= calm) {
        busy_ = false;
    } else if (resting_ && now >= rest_until_) {
        begin_burst(now);
    } else if (!resting_ && now - std::max(progress_, burst_begun_) >= burst_patience) {
        end_burst(now); // the server answers none of these, or is slow: then a burst costs nobody anything
    }
}

void Admission::begin_burst(TimePoint now) noexcept
{
    ++burst_;
    resting_ = false;
    burst_begun_ = now;
}

void Admission::end_burst(TimePoint now) noexcept
{
    resting_ = true;
    rest_until_ = now + std::min<Duration>(now - burst_begun_, longest_rest);
}

} // namespace keavrf::relay
