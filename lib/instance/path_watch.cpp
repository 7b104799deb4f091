#include "instance/path_watch.hpp"

#include <algorithm>
#include <utility>

namespace keavrf::instance {

void PathWatch::asked(const VrfName& vrf, TimePoint now)
{
    if (const auto found = members_.find(vrf); found != members_.end()) {
        found->second.asked = now;
    }
}

void PathWatch::answered(const VrfName& vrf, std::optional<TimePoint> when)
{
    const auto found = members_.find(vrf);
    if (found != members_.end() && when && *when > found->second.answered) {
        found->second.answered = *when;
        found->second.broken = false;
    }
}

void PathWatch::hold_broken(const VrfName& vrf)
{
    if (const auto found = members_.find(vrf); found != members_.end()) {
        found->second.broken = true;
    }
}

void PathWatch::suspect(const VrfName& vrf) const
{
    auto next = members_.upper_bound(vrf);
    for (std::size_t count = 0; count < std::min(witnesses, members_.size()); ++count, ++next) {
        next = next == members_.end() ? members_.begin() : next;
        if (next->first != vrf && next->second.ask) {
            next->second.ask();
        }
    }
}

bool PathWatch::others_silent_since(const VrfName& vrf, TimePoint since) const
{
    bool any_silent = false;
    for (const auto& [name, member] : members_) {
        if (name == vrf) {
            continue;
        }
        if (member.answered >= since) {
            return false;
        }
        any_silent = any_silent || member.broken || member.asked >= since;
    }
    return any_silent;
}

bool PathWatch::note_broken() noexcept
{
    return !std::exchange(broken_, true);
}

bool PathWatch::note_mended() noexcept
{
    return std::exchange(broken_, false);
}

} // namespace keavrf::instance
