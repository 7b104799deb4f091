#include "kea/stall_watch.hpp"

#include <ctime>
#include <optional>

namespace keavrf::kea {

namespace {

// Of all its threads; nullopt: it is gone.
std::optional<std::chrono::nanoseconds> processor_time(ProcessId process)
{
    clockid_t clock{};
    timespec taken{};
    if (::clock_getcpuclockid(process.value(), &clock) != 0 || ::clock_gettime(clock, &taken) != 0) {
        return std::nullopt;
    }
    return std::chrono::seconds(taken.tv_sec) + std::chrono::nanoseconds(taken.tv_nsec);
}

} // namespace

bool WorkSeen::stalled(TimePoint now, std::chrono::nanoseconds processor_time)
{
    const bool late = now - looked_ > 2 * interval();
    looked_ = now;
    if (late || taken_ != processor_time) {
        taken_ = processor_time;
        worked_ = now;
    }
    return now - worked_ >= limit_;
}

StallWatch::State::State(const asio::any_io_executor& executor, ProcessId watched, Clock::duration limit,
                         std::function<void()> listener)
    : timer(executor), process(watched),
      work(Clock::now(), limit, processor_time(watched).value_or(std::chrono::nanoseconds(0))),
      on_stall(std::move(listener))
{
}

StallWatch::StallWatch(const asio::any_io_executor& executor, ProcessId process, Clock::duration limit,
                       std::function<void()> on_stall)
    : state_(std::make_shared<State>(executor, process, limit, std::move(on_stall)))
{
    look_again(state_);
}

StallWatch::~StallWatch()
{
    state_->armed = false;
    state_->timer.cancel();
}

void StallWatch::look_again(const std::shared_ptr<State>& state)
{
    state->timer.expires_after(state->work.interval());
    state->timer.async_wait([state](const boost::system::error_code& error) {
        if (error || !state->armed) {
            return;
        }
        const auto taken = processor_time(state->process);
        if (!taken) {
            return; // its exit is told by others
        }
        if (state->work.stalled(Clock::now(), *taken)) {
            state->on_stall();
            return;
        }
        look_again(state);
    });
}

} // namespace keavrf::kea
