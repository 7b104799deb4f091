#include "relay/vigil.hpp"

#include <algorithm>

namespace keavrf::relay {

namespace {

// What is learned of one answer; and at most so much, or one that never came would count for too long.
constexpr int weight = 8;
constexpr Vigil::Duration most_learned = std::chrono::milliseconds(1);

} // namespace

bool Vigil::begin(TimePoint now, std::size_t requests, TimePoint& next) noexcept
{
    const auto before = heard_;
    heard_ = now;
    if (requests != 1 || (before && now - *before < quiet)) {
        return false;
    }
    if (asked_) { // the one before was not answered
        learn(now - *asked_);
    }
    asked_ = now;
    until_.reset();
    if (usual_ > longest || now < next) {
        return false;
    }
    const auto length = std::clamp<Duration>(2 * usual_, shortest, longest);
    next = now + share * length;
    until_ = now + length;
    return true;
}

void Vigil::answered(TimePoint now) noexcept
{
    if (asked_) {
        learn(now - *asked_);
        asked_.reset();
    }
    until_.reset();
}

void Vigil::learn(Duration time) noexcept
{
    usual_ += (std::min(time, most_learned) - usual_) / weight;
}

} // namespace keavrf::relay
