// Notices that a process which works for us has stopped working. How long its work takes says nothing (a million leases
// take long to read); but one that takes no processor time at all for a while is stopped, or waits for itself.
#pragma once

#include "core/asio.hpp"
#include "core/types.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>

namespace keavrf::kea {

// How long a Kea may take no processor time over a configuration, where it has `start` to be ready: a busy machine may
// let any process wait for some time; one that is stopped shall be replaced within 10 s.
[[nodiscard]] constexpr Clock::duration longest_stall(Clock::duration start)
{
    return std::clamp<Clock::duration>(start, std::chrono::seconds(5), std::chrono::seconds(8));
}

// What the process has taken so far, looked at again and again. Pure.
class WorkSeen {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    // `taken` before: that was no work for us.
    WorkSeen(TimePoint now, Duration limit, std::chrono::nanoseconds taken)
        : limit_(limit), looked_(now), worked_(now), taken_(taken)
    {
    }

    // When to look again.
    [[nodiscard]] Duration interval() const noexcept { return limit_ / 8; }
    // True where it has not worked for `limit`. A look that comes late blames nobody: then we did not run ourselves.
    bool stalled(TimePoint now, std::chrono::nanoseconds processor_time);

private:
    Duration limit_;
    TimePoint looked_;
    TimePoint worked_;
    std::chrono::nanoseconds taken_;
};

// Lives as long as the process is watched; may go while its handler is under way.
class StallWatch {
public:
    // `on_stall` is called once, and not after the watch is gone.
    StallWatch(const asio::any_io_executor& executor, ProcessId process, Clock::duration limit,
               std::function<void()> on_stall);
    StallWatch(const StallWatch&) = delete;
    StallWatch& operator=(const StallWatch&) = delete;
    ~StallWatch();

private:
    struct State {
        State(const asio::any_io_executor& executor, ProcessId watched, Clock::duration limit,
              std::function<void()> listener);
        asio::steady_timer timer;
        ProcessId process;
        WorkSeen work;
        std::function<void()> on_stall;
        bool armed = true;
    };
    static void look_again(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

} // namespace keavrf::kea
