// What is told of a VRF's state at this moment: what its last turn has concluded, put right by what is known since. A
// turn may take seconds, and a Kea that has ended, or hangs, does not serve until somebody has looked. Pure.
#pragma once

#include "instance/machine.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace keavrf::instance {

struct Sight {
    // As the state machine has it.
    State state = State::waiting;
    std::string reason;
    bool kea_ready = false;    // it runs, and has been ready since its start
    bool kea_stopping = false; // it runs, and has been told to end
    std::string to_go;         // why the Kea that runs is to be replaced; empty: it is not
    // For how long Kea has worked on a configuration, or has answered nothing; none: it does not, it has.
    std::optional<std::chrono::steady_clock::duration> engaged;
    bool tests = false; // that configuration, and does not take it
    std::optional<std::chrono::steady_clock::duration> silent;
};

struct Outlook {
    State state = State::waiting;
    std::string reason; // empty: nothing is amiss
};

Outlook outlook_of(const Sight& sight);

// A Kea takes its configuration in milliseconds, unless it has many leases, or hangs: what takes less is not told.
inline constexpr std::chrono::seconds worth_telling{1};

} // namespace keavrf::instance
