// Rate limit: `rate` tokens a second, at most `burst` saved up. Pure: time comes in. A rate of 0 never limits.
#pragma once

#include <algorithm>
#include <chrono>

namespace keavrf {

class TokenBucket {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    TokenBucket() = default;
    TokenBucket(double rate, double burst) : rate_(rate), burst_(std::max(burst, 1.0)), tokens_(burst_) {}

    // Takes one token; false when there is none.
    bool take(TimePoint now)
    {
        if (rate_ <= 0.0) {
            return true;
        }
        if (started_ && now > last_) {
            const std::chrono::duration<double> elapsed = now - last_;
            tokens_ = std::min(burst_, tokens_ + elapsed.count() * rate_);
        }
        last_ = now;
        started_ = true;
        if (tokens_ < 1.0) {
            return false;
        }
        tokens_ -= 1.0;
        return true;
    }

private:
    double rate_ = 0.0;
    double burst_ = 0.0;
    double tokens_ = 0.0;
    TimePoint last_{};
    bool started_ = false;
};

} // namespace keavrf
