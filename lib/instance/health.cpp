#include "instance/health.hpp"

#include <algorithm>

namespace keavrf::instance {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_pause = 1s;
// Called so much later than asked for, keavrfd itself did not run: what it did not hear says nothing.
constexpr auto late = 1s;

} // namespace

Health::Health(TimePoint now, Duration interval, bool proved)
    : interval_(interval), pause_(std::min<Duration>(interval, longest_pause)), proved_(proved), next_(now)
{
}

void Health::set_interval(TimePoint now, Duration interval)
{
    if (interval == interval_) {
        return;
    }
    interval_ = interval;
    pause_ = std::min<Duration>(interval, longest_pause);
    // One that is under way has its time.
    next_ = sent_ ? next_ : std::min(next_, now + interval_);
}

void Health::start_over(TimePoint at)
{
    sent_.reset();
    misses_ = 0;
    next_ = at;
}

bool Health::answered(const Heard& heard) const
{
    const auto& answer = by_channel_ ? heard.channel : heard.probe;
    return answer && *answer >= *sent_;
}

Health::Step Health::next(TimePoint now, const Heard& heard)
{
    Step step;
    if (heard.reloading) {
        start_over(now + pause_);
    } else if (now > next_ + late) {
        start_over(now);
    }
    if (now < next_) {
        step.wake = next_;
        return step;
    }
    if (sent_ && answered(heard)) {
        proved_ = proved_ || !by_channel_;
        start_over(std::max(now, *sent_ + interval_));
    } else if (sent_) {
        first_missed_ = misses_ == 0 ? *sent_ : first_missed_;
        ++misses_;
        const bool alive = heard.any && *heard.any >= first_missed_;
        misses_ = alive ? 0 : misses_;
        sent_.reset();
    }
    if (misses_ >= misses_allowed) {
        step.fell_back = !proved_ && !by_channel_;
        step.hung = !step.fell_back;
        by_channel_ = by_channel_ || step.fell_back;
        start_over(now);
    }
    if (now >= next_ && !step.hung) {
        sent_ = now;
        step.send_probe = !by_channel_;
        step.ask_channel = by_channel_;
        next_ = now + pause_;
    }
    step.wake = step.hung ? now + pause_ : next_;
    return step;
}

} // namespace keavrf::instance
