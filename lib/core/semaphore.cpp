#include "core/semaphore.hpp"

#include <boost/system/system_error.hpp>

#include <exception>

namespace keavrf {

void Semaphore::Permit::release() noexcept
{
    if (auto* owner = std::exchange(owner_, nullptr)) {
        owner->give_back();
    }
}

void Semaphore::give_back() noexcept
{
    ++free_;
    if (!waiting_.empty()) {
        waiting_.front().cancel();
    }
}

asio::awaitable<Semaphore::Permit> Semaphore::async_acquire()
{
    // Whoever waits already comes first.
    if (free_ > 0 && waiting_.empty()) {
        --free_;
        co_return Permit(this);
    }
    const auto place = waiting_.emplace(waiting_.end(), executor_, Clock::time_point::max());
    bool cancelled = false;
    std::exception_ptr failure; // the wait needs memory
    try {
        do {
            const auto [error] = co_await place->async_wait(as_result);
            const auto state = co_await asio::this_coro::cancellation_state;
            cancelled = state.cancelled() != asio::cancellation_type::none;
            (void)error;
        } while (!cancelled && (free_ == 0 || place != waiting_.begin()));
    } catch (...) {
        failure = std::current_exception();
    }
    waiting_.erase(place);
    if (!cancelled && !failure) {
        --free_;
    }
    // One release may have let several in, and a cancelled waiter passes its turn on.
    if (free_ > 0 && !waiting_.empty()) {
        waiting_.front().cancel();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    if (cancelled) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return Permit(this);
}

} // namespace keavrf
