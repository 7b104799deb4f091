// Waiting for what another process or the kernel does: looks until it is so, or the deadline has passed. The deadline
// is generous, because it only bounds how long a failing test takes.
#pragma once

#include <chrono>
#include <thread>

namespace keavrf::test {

using namespace std::chrono_literals;

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

inline constexpr Milliseconds patience = 20s;

template <class Predicate>
bool eventually(Predicate&& is_so, Milliseconds deadline = patience)
{
    const auto end = Clock::now() + deadline;
    while (!is_so()) {
        if (Clock::now() >= end) {
            return false;
        }
        std::this_thread::sleep_for(10ms);
    }
    return true;
}

} // namespace keavrf::test
