#include "core/semaphore.hpp"

#include <boost/system/system_error.hpp>

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

// A place in the queue, however the wait for one's turn ends.
class Semaphore::Place {
public:
    explicit Place(Semaphore* owner)
        : owner_(owner),
          turn_(owner->waiting_.emplace(owner->waiting_.end(), owner->executor_, Clock::time_point::max()))
    {
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { owner_->leave(turn_); }

    [[nodiscard]] asio::steady_timer& turn() const { return *turn_; }
    [[nodiscard]] bool is_first() const { return turn_ == owner_->waiting_.begin(); }

private:
    Semaphore* owner_;
    std::list<asio::steady_timer>::iterator turn_;
};

// One release may have let several in, and a cancelled waiter passes its turn on.
void Semaphore::leave(std::list<asio::steady_timer>::iterator turn) noexcept
{
    waiting_.erase(turn);
    if (free_ > 0 && !waiting_.empty()) {
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
    const Place place(this);
    bool cancelled = false;
    do {
        const auto [error] = co_await place.turn().async_wait(as_result);
        const auto state = co_await asio::this_coro::cancellation_state;
        cancelled = state.cancelled() != asio::cancellation_type::none;
        (void)error;
    } while (!cancelled && (free_ == 0 || !place.is_first()));
    if (cancelled) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
    --free_;
    co_return Permit(this);
}

} // namespace keavrf
