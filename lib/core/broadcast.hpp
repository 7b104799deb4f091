// "Something changed" for any number of waiting coroutines: each looks again. A notification that comes while nobody
// waits is not kept, so a waiter checks its condition first, with no co_await between the check and the wait.
#pragma once

#include "core/wakeup.hpp"

#include <list>

namespace keavrf {

class Broadcast {
public:
    explicit Broadcast(asio::any_io_executor executor) : executor_(std::move(executor)) {}
    Broadcast(const Broadcast&) = delete;
    Broadcast& operator=(const Broadcast&) = delete;
    // Nobody waits any more: each waiter leaves the list by itself.
    ~Broadcast();

    void notify_all()
    {
        for (auto* waiter : waiters_) {
            waiter->notify();
        }
    }
    [[nodiscard]] bool has_waiters() const noexcept { return !waiters_.empty(); }
    // False when `deadline` passed first. Throws when cancelled.
    asio::awaitable<bool> async_wait_until(Clock::time_point deadline);

private:
    asio::any_io_executor executor_;
    std::list<Wakeup*> waiters_;
};

} // namespace keavrf
