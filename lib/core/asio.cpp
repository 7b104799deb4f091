#include "core/asio.hpp"

#include <boost/system/system_error.hpp>

namespace keavrf {

asio::awaitable<void> async_sleep(Clock::duration duration)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(duration);
    co_await timer.async_wait(asio::use_awaitable);
}

bool is_cancellation(const std::exception_ptr& failure) noexcept
{
    if (!failure) {
        return false;
    }
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

} // namespace keavrf
