#include "core/wakeup.hpp"

#include <boost/system/system_error.hpp>

#include <utility>

namespace keavrf {

asio::awaitable<bool> Wakeup::async_wait_until(Clock::time_point deadline)
{
    while (!std::exchange(pending_, false)) {
        timer_.expires_at(deadline);
        const auto [error] = co_await timer_.async_wait(as_result);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
        if (!error) {
            co_return std::exchange(pending_, false);
        }
    }
    co_return true;
}

asio::awaitable<void> Wakeup::async_wait()
{
    co_await async_wait_until(Clock::time_point::max());
}

} // namespace keavrf
