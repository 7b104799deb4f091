#include "core/broadcast.hpp"

#include <cassert>

namespace keavrf {

namespace {

// Leaves the list also when the waiting coroutine is cancelled.
class Registration {
public:
    Registration(std::list<Wakeup*>& list, Wakeup* waiter) : list_(list), place_(list.insert(list.end(), waiter)) {}
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    ~Registration() { list_.erase(place_); }

private:
    std::list<Wakeup*>& list_;
    std::list<Wakeup*>::iterator place_;
};

} // namespace

Broadcast::~Broadcast()
{
    assert(waiters_.empty() && "nobody waits for what is destroyed");
}

asio::awaitable<bool> Broadcast::async_wait_until(Clock::time_point deadline)
{
    Wakeup waiter(executor_);
    const Registration registration(waiters_, &waiter);
    const bool notified = co_await waiter.async_wait_until(deadline);
    co_return notified;
}

} // namespace keavrf
