// How long work of ours lets others have their turn: it calls this every now and then, at a place where it may be given
// up, which is by an exception out of this. Empty: it is never interrupted.
#pragma once

#include <functional>

namespace keavrf {

using Pause = std::function<void()>;

inline void pause_by(const Pause& pause)
{
    if (pause) {
        pause();
    }
}

} // namespace keavrf
