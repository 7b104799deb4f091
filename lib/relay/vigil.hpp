// Whether it pays to stay awake for an answer. A process that sleeps is woken late: on an idle machine that is a good
// part of an exchange. So after a single request out of the quiet the relay looks for the answer for a moment instead
// of sleeping (docs/performance.md): for twice as long as this server's answers take, 0.4 ms at most, and not at all
// where they take longer than that. All relays together spend a twentieth of their time on it at most.
//
// Pure; time comes in.
#pragma once

#include <chrono>
#include <optional>

namespace keavrf::relay {

class Vigil {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = TimePoint::duration;

    static constexpr std::chrono::microseconds shortest{100};
    static constexpr std::chrono::microseconds longest{400};
    // Of the time, for all relays of the process: one part in so many.
    static constexpr int share = 20;
    // With requests closer than this the process hardly sleeps anyway.
    static constexpr std::chrono::milliseconds quiet{1};

    // Requests were heard. True: keep a vigil, beginning now. `next` is when any relay may begin one; it is updated.
    bool begin(TimePoint now, std::size_t requests, TimePoint& next) noexcept;
    // The server answered something.
    void answered(TimePoint now) noexcept;
    [[nodiscard]] bool kept(TimePoint now) const noexcept { return until_ && now < *until_; }
    // How long an answer to a single request takes, in the mean of the last ones.
    [[nodiscard]] Duration usual() const noexcept { return usual_; }

private:
    void learn(Duration time) noexcept;

    std::optional<TimePoint> heard_; // the last request
    std::optional<TimePoint> asked_; // the last single one out of the quiet, while it is not answered
    std::optional<TimePoint> until_; // nothing: answered, or none begun
    Duration usual_ = shortest / 2;
};

} // namespace keavrf::relay
