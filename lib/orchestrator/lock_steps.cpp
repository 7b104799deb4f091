#include "orchestrator/lock_steps.hpp"

namespace keavrf::orchestrator {

bool LockSteps::ended() const noexcept
{
    return step_ == Step::held || step_ == Step::lost || step_ == Step::free;
}

void LockSteps::done(bool yes) noexcept
{
    switch (step_) {
    case Step::open:
        step_ = yes ? Step::lock : Step::lost;
        break;
    case Step::lock:
        step_ = yes ? Step::look : Step::lost;
        break;
    case Step::look:
    case Step::look_at_held:
        step_ = yes ? Step::held : Step::open;
        break;
    case Step::look_at_leaving:
        step_ = yes ? Step::remove : Step::close;
        break;
    case Step::remove:
        step_ = Step::close;
        break;
    case Step::close:
        step_ = Step::free;
        break;
    case Step::held:
    case Step::lost:
    case Step::free:
        break;
    }
}

} // namespace keavrf::orchestrator
