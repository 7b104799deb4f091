// What keeps an instance's Kea from everybody else: it works on a configuration, to test it or to take it. Kea does one
// thing at a time, so for so long it answers neither DHCP messages nor its control channel, and is well all the same.
// Several may ask at once (checks, a reload). Pure.
#pragma once

#include <chrono>
#include <optional>

namespace keavrf::instance {

class Engagement {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    enum class Work { test, apply };

    void begin(Work work, TimePoint now)
    {
        ++count_of(work);
        since_ = since_.value_or(now);
    }
    // To be called once for each begin().
    void end(Work work)
    {
        --count_of(work);
        if (tests_ + applications_ == 0) {
            since_.reset();
        }
    }
    // Without a pause; nothing where it is engaged in nothing.
    [[nodiscard]] const std::optional<TimePoint>& since() const noexcept { return since_; }
    // Where it is both, what it takes matters more.
    [[nodiscard]] Work work() const noexcept { return applications_ > 0 ? Work::apply : Work::test; }

private:
    unsigned& count_of(Work work) noexcept { return work == Work::test ? tests_ : applications_; }

    unsigned tests_ = 0;
    unsigned applications_ = 0;
    std::optional<TimePoint> since_;
};

} // namespace keavrf::instance
