// Is this Kea hung? A pure state machine (DESIGN section 6): time and what was heard come in, what to do goes out.
//
// A probe every `interval`, after a miss every second; hung after three misses in a row, unless Kea has answered
// anything else since the first of them was sent: a Kea under a flood may lose probes and is well. While its
// configuration is being changed, nothing is held against it.
//
// The probe is a DHCP message (relay/probe.hpp): a Kea that lives, and answers its control channel, may still be deaf.
// A configuration of the user's that does not answer it even right after readiness is told by that, and from then on
// Kea's control channel is asked instead. A Kea that has answered one before, be it an earlier keavrfd's, has no such
// excuse.
//
// A Kea that answers its control channel meanwhile may be deaf, which a new one cures, or something swallows what goes
// to it or comes from it, which no new one does. It is not to blame where the others are silent too (path_watch.hpp),
// nor for a while after another was replaced for the same and that helped nothing.
#pragma once

#include <chrono>
#include <optional>

namespace keavrf::instance {

class Health {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    static constexpr unsigned misses_allowed = 3;

    // Of a Kea that has just become ready, or was inherited. `proved`: it is known to answer probes. `spared_until`:
    // one with the same configuration answered them, and the one before this was deaf; so it is spared until then.
    Health(TimePoint now, Duration interval, bool proved = false, std::optional<TimePoint> spared_until = {});

    struct Heard {
        std::optional<TimePoint> probe;   // when the last probe was answered
        std::optional<TimePoint> channel; // when the control channel last answered
        std::optional<TimePoint> any;     // when Kea last sent anything by its uplink
        bool reloading = false;
        bool others_silent = false;         // no other Kea has answered either, though asked
        std::optional<TimePoint> suspicion; // another is suspected: ask soon
    };
    struct Step {
        bool send_probe = false;
        bool ask_channel = false;
        bool fell_back = false; // from now on by the control channel alone: worth one warning
        bool hung = false;
        bool deaf = false;        // and hung, but for its control channel
        bool path_broken = false; // it is spared, though deaf
        bool missed = false;      // a probe
        TimePoint wake;           // call again then
    };
    Step next(TimePoint now, const Heard& heard);

    // Another interval, from now on.
    void set_interval(TimePoint now, Duration interval);

    // It has answered a probe.
    [[nodiscard]] bool proved() const noexcept { return proved_; }
    // When the first of the probes that were missed in a row was sent.
    [[nodiscard]] TimePoint first_missed() const noexcept { return first_missed_; }
    // That, while probes, or questions, are missed.
    [[nodiscard]] std::optional<TimePoint> silent_since() const
    {
        return misses_ > 0 ? std::optional(first_missed_) : std::nullopt;
    }
    // The channel alone is asked.
    [[nodiscard]] bool by_channel() const noexcept { return by_channel_; }

private:
    [[nodiscard]] bool answered(const Heard& heard) const;
    void start_over(TimePoint at);
    void judge(TimePoint now, const Heard& heard, Step& step);

    Duration interval_;
    Duration pause_; // how long an answer may take, and between probes after a miss
    bool proved_;
    std::optional<TimePoint> spared_until_;
    bool by_channel_ = false;
    std::optional<TimePoint> sent_; // the one that is under way
    TimePoint last_sent_{};
    TimePoint first_missed_{}; // when the first of the misses in a row was sent
    unsigned misses_ = 0;
    TimePoint next_;
};

} // namespace keavrf::instance
