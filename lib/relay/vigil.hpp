// Whether it pays to stay awake for an answer. A process that sleeps is woken late: on an idle machine that is a good
// part of an exchange. So after a single request out of the quiet the relay looks for the answer for a moment instead
// of sleeping (docs/performance.md), within a budget: one vigil in twenty times its length, of all relays together,
// and none while they are in vain, as with a server that is slower than a vigil is long.
//
// Pure; time comes in.
#pragma once

#include <chrono>
#include <optional>

namespace keavrf::relay {

class Vigil {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    static constexpr std::chrono::microseconds length{100};
    // What all relays of the process keep away from each other.
    static constexpr auto apart = 20 * length;
    // With requests closer than this the process hardly sleeps anyway.
    static constexpr std::chrono::milliseconds quiet{1};
    // So many in vain in a row, and only every `rarely`th chance is taken.
    static constexpr unsigned vain_most = 8;
    static constexpr unsigned rarely = 64;

    // Requests were heard. True: keep a vigil, beginning now. `last` is when any relay began one; it is updated.
    bool begin(TimePoint now, std::size_t requests, TimePoint& last) noexcept;
    // The server answered something.
    void answered(TimePoint now) noexcept;
    [[nodiscard]] bool kept(TimePoint now) const noexcept { return until_ && now < *until_; }

private:
    [[nodiscard]] bool worth_it() noexcept;

    std::optional<TimePoint> heard_; // the last request
    std::optional<TimePoint> until_; // nothing: answered, or none begun
    unsigned in_vain_ = 0;
    unsigned passed_ = 0; // chances not taken
};

} // namespace keavrf::relay
