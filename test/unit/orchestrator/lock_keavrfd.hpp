// A keavrfd as far as its locks go, for the model of them.
#pragma once

#include "orchestrator/lock_steps.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace keavrf::test {

using orchestrator::LockSteps;
using Step = LockSteps::Step;

inline constexpr std::size_t locks = 3; // runtime folder, state folder, prefix
inline constexpr std::size_t daemons = 3;
using File = std::uint64_t;

struct HeldLock {
    std::optional<File> held;
    std::optional<File> opened;
    bool believes = false;
    bool doubtful = false; // its file's name was removed, and it has not looked since
};

struct Keavrfd {
    enum class Life { off, starting, running, stopping };
    Life life = Life::off;
    std::size_t at = 0; // the lock it is busy with
    std::optional<LockSteps> steps;
    std::array<HeldLock, locks> has;

    void begin_start()
    {
        *this = Keavrfd{};
        life = Life::starting;
        steps = LockSteps::take();
    }
    void begin_stop()
    {
        life = Life::stopping;
        at = locks - 1;
        steps = LockSteps::let_go();
    }
};

} // namespace keavrf::test
