#include "instance/health.hpp"

#include <algorithm>

namespace keavrf::instance {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_pause = 1s;
// Called so much later than asked for, keavrfd itself did not run: what it did not hear says nothing.
constexpr auto late = 1s;

} // namespace

Health::Health(TimePoint now, Duration interval, bool proved, std::optional<TimePoint> spared_until)
    : interval_(interval), pause_(std::min<Duration>(interval, longest_pause)), proved_(proved),
      spared_until_(spared_until), next_(now)
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

void Health::judge(TimePoint now, const Heard& heard, Step& step)
{
    const bool alive = !by_channel_ && heard.channel && *heard.channel >= first_missed_;
    const bool known_to_answer = proved_ || spared_until_.has_value();
    const bool blameless = heard.others_silent || (spared_until_ && now < *spared_until_);
    step.path_broken = alive && known_to_answer && blameless;
    step.fell_back = !known_to_answer && !by_channel_;
    step.hung = !step.fell_back && !step.path_broken;
    step.deaf = step.hung && alive;
    by_channel_ = by_channel_ || step.fell_back;
    start_over(step.path_broken ? now + interval_ : now);
}

Health::Step Health::next(TimePoint now, const Heard& heard)
{
    Step step;
    if (heard.reloading) {
        start_over(now + pause_);
    } else if (now > next_ + late) {
        start_over(now);
    }
    if (!sent_ && heard.suspicion && *heard.suspicion > last_sent_) {
        next_ = std::min(next_, now);
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
        step.missed = misses_ > 0 && !by_channel_;
        sent_.reset();
    }
    if (misses_ >= misses_allowed) {
        judge(now, heard, step);
    }
    if (now >= next_ && !step.hung) {
        sent_ = last_sent_ = now;
        step.send_probe = !by_channel_;
        step.ask_channel = by_channel_ || misses_ > 0;
        next_ = now + pause_;
    }
    step.wake = step.hung ? now + pause_ : next_;
    return step;
}

} // namespace keavrf::instance
