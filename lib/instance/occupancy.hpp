// Whether somebody may live in an instance's namespace, at its leases, who is on no record: then it is looked who does
// before a Kea is started, and before the namespace is removed (strays.hpp). Pure: the time comes in.
//
// In a namespace that this keavrfd made there are only the Keas that it started, and knows. It is another's word that
// is not enough: of an earlier keavrfd, whose record may be behind; of a Kea that ended in a way that nobody asked for;
// of one that holds the lock and is not ours by our books.
#pragma once

#include <chrono>
#include <optional>

namespace keavrf::instance {

class Occupancy {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    void made() noexcept { unknown_since_.reset(); }
    void inherited(bool with_its_kea, TimePoint now) noexcept
    {
        unknown_since_ = with_its_kea ? std::nullopt : std::optional(now);
    }
    void kea_was_lost(TimePoint now) noexcept { unknown_since_ = now; }
    void lock_is_held(TimePoint now) noexcept { unknown_since_ = now; }
    // It was looked, and there was nobody, or there is nobody any more.
    void found_alone() noexcept { unknown_since_.reset(); }
    // None: only those whom we know, ever. Else a look that began before this says too little.
    [[nodiscard]] const std::optional<TimePoint>& unknown_since() const noexcept { return unknown_since_; }

private:
    std::optional<TimePoint> unknown_since_;
};

} // namespace keavrf::instance
