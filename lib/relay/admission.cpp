#include "relay/admission.hpp"

#include <algorithm>
#include <limits>

namespace keavrf::relay {

namespace {

// One refused for so many granted, and it would have kept up.
constexpr std::uint64_t few = 8;

} // namespace

std::size_t Admission::may_read(TimePoint now) noexcept
{
    settle(now);
    return busy_ ? std::numeric_limits<std::size_t>::max() : window - std::min(window, in_flight());
}

void Admission::waits(Share& share, bool many, TimePoint now) noexcept
{
    if (!many) {
        share.crowded_since.reset();
        return;
    }
    share.crowded_since = share.crowded_since.value_or(now);
    if (!busy_ && now - *share.crowded_since >= burst_time) {
        begin_busy(now);
        // It had enough of the newcomers that most of them are.
        share = {burst_, {burst_share, 0}, std::nullopt};
    }
}

bool Admission::has_room(Share& share, Kind kind, TimePoint now) noexcept
{
    settle(now);
    asked_ = now;
    if (!busy_) {
        return in_flight() < window;
    }
    const auto had = taken(share, kind);
    if (in_flight() < (had == 0 ? room : window) && had < burst_share) {
        return true;
    }
    ++refused_;
    return false;
}

unsigned Admission::taken(const Share& share, Kind kind) const noexcept
{
    return share.burst == burst_ ? share.taken.at(static_cast<std::size_t>(kind)) : 0;
}

std::uint64_t Admission::take(Share& share, Kind kind, TimePoint now) noexcept
{
    if (share.burst != burst_) {
        share.burst = burst_;
        share.taken = {};
    }
    ++granted_;
    ++share.taken.at(static_cast<std::size_t>(kind));
    if (in_flight() == 0) {
        progress_ = now;
    }
    return ++sent_;
}

void Admission::answered(std::uint64_t number, TimePoint now) noexcept
{
    read_up_to(std::max(read_ + 1, number), now); // behind what was read before, in any case
}

bool Admission::wants_probe(TimePoint now) const noexcept
{
    const bool on_its_way = before_probe_ && now - probed_ < patience;
    return in_flight() >= window / 2 && now - progress_ >= burst_patience && !on_its_way;
}

void Admission::probed(TimePoint now) noexcept
{
    before_probe_ = sent_;
    probed_ = now;
}

void Admission::probe_answered(TimePoint now) noexcept
{
    if (before_probe_) {
        read_up_to(std::max(read_, *before_probe_), now);
        before_probe_.reset();
    }
}

void Admission::read_up_to(std::uint64_t number, TimePoint now) noexcept
{
    read_ = std::min(sent_, number);
    progress_ = now;
    if (busy_ && !resting_ && in_flight() == 0) {
        end_burst(now);
    }
}

void Admission::reset() noexcept
{
    read_ = sent_;
    before_probe_.reset();
    busy_ = false;
}

void Admission::begin_busy(TimePoint now) noexcept
{
    busy_ = true;
    begin_burst(now);
    asked_ = now;
    period_begun_ = now;
    granted_ = 0;
    refused_ = 0;
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
    if (now - period_begun_ >= period) {
        const bool quiet = now - asked_ >= period; // what is counted is of long ago
        if (quiet || refused_ <= granted_ / few) {
            busy_ = false;
            return;
        }
        period_begun_ = now;
        granted_ = 0;
        refused_ = 0;
    }
    if (resting_ && now >= rest_until_ && in_flight() < window / 2) {
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
