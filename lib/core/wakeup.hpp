// "Something changed, look again": the level-triggered event of a coroutine that compares instead of counting.
// notify() before a wait is not lost; several before one wait wake it once.
#pragma once

#include "core/asio.hpp"

namespace keavrf {

class Wakeup {
public:
    explicit Wakeup(const asio::any_io_executor& executor) : timer_(executor, Clock::time_point::max()) {}

    void notify()
    {
        pending_ = true;
        timer_.cancel();
    }
    // One waiter at a time. Returns true when notified, false when `deadline` passed first. Throws when cancelled.
    asio::awaitable<bool> async_wait_until(Clock::time_point deadline);
    asio::awaitable<void> async_wait();

private:
    asio::steady_timer timer_;
    bool pending_ = false;
};

} // namespace keavrf
