// Whether it is one Kea that is deaf, or the way to all of them: the hub, which every pair ends in. Pure.
//
// Each instance whose Kea answers probes on the data path tells of them here. One that is about to blame its Kea has
// some others asked at once: where none of these has answered since either, no Kea is to blame.
#pragma once

#include "core/types.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>

namespace keavrf::instance {

class PathWatch {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    // As many others are asked: a thousand that answer at once would cost the clients of all something.
    static constexpr std::size_t witnesses = 8;

    // One whose Kea is known to answer: `ask` has it send a probe soon.
    void join(const VrfName& vrf, std::function<void()> ask)
    {
        members_.try_emplace(vrf, Member{std::move(ask), {}, {}, false});
    }
    void leave(const VrfName& vrf) { members_.erase(vrf); }
    void asked(const VrfName& vrf, TimePoint now);
    // Anything came from its Kea.
    void answered(const VrfName& vrf, std::optional<TimePoint> when);

    // It is held that its path is broken: until something comes, whoever asks knows that it is silent.
    void hold_broken(const VrfName& vrf);

    // Asks some of the others.
    void suspect(const VrfName& vrf) const;
    // At least one of the others has been asked since, or is known to be silent, and none has answered.
    [[nodiscard]] bool others_silent_since(const VrfName& vrf, TimePoint since) const;

    // What is common is told once: each true where that is news.
    bool note_broken() noexcept;
    bool note_mended() noexcept;

private:
    struct Member {
        std::function<void()> ask;
        TimePoint asked;
        TimePoint answered;
        bool broken = false;
    };
    std::map<VrfName, Member> members_;
    bool broken_ = false;
};

} // namespace keavrf::instance
