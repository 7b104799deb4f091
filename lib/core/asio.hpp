// The narrow set of Asio headers that coroutine code needs; <boost/asio.hpp> costs two seconds a file.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace keavrf {

namespace asio = boost::asio;

// Completion token: `auto [error, count] = co_await stream.async_read_some(buffer, as_result);` never throws for I/O.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

using Clock = std::chrono::steady_clock;

// Waits; throws system_error(operation_aborted) when cancelled.
asio::awaitable<void> async_sleep(Clock::duration duration);

// True for the exception by which a cancelled coroutine unwinds.
bool is_cancellation(const std::exception_ptr& failure) noexcept;

} // namespace keavrf
