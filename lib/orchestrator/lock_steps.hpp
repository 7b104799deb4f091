// How a lock file is taken, kept and let go, step by step: what to do next, told what came of the step before. Pure.
//
// Lock (lock.hpp) carries the steps out, one after the other; the model test those of several holders in any order,
// while files are removed between any two of them. A lock that is held on a file which nobody else can find locks
// nobody out: so what was locked counts only where the name still names it afterwards.
#pragma once

namespace keavrf::orchestrator {

class LockSteps {
public:
    enum class Step {
        open,            // the file of that name, or a new one
        lock,            // what was opened; without waiting
        look,            // whether the name still names what was locked
        look_at_held,    // whether it still names what is held
        held,            // the end: what was locked last is held, in place of what was before
        lost,            // the end: another holds the file of that name; what is held stays so, and says nothing
        look_at_leaving, // whether it still names what is held
        remove,          // the name
        close,           // what is held
        free,            // the end
    };

    static LockSteps take() { return LockSteps(Step::open); }
    static LockSteps keep() { return LockSteps(Step::look_at_held); }
    static LockSteps let_go() { return LockSteps(Step::look_at_leaving); }

    [[nodiscard]] Step step() const noexcept { return step_; }
    [[nodiscard]] bool ended() const noexcept;
    // The step was carried out, with this result: opened; locked; it does name it.
    void done(bool yes) noexcept;

private:
    explicit LockSteps(Step first) : step_(first) {}
    Step step_;
};

} // namespace keavrf::orchestrator
