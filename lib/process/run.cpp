#include "process/run.hpp"

#include "core/deadline.hpp"
#include "core/unique_fd.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>

namespace keavrf::process {

namespace {

// Reads until the writers are gone; false when the deadline passed first.
asio::awaitable<bool> async_drain(UniqueFd pipe, Clock::duration limit, std::size_t output_limit, RunResult* result)
{
    const auto executor = co_await asio::this_coro::executor;
    asio::posix::stream_descriptor stream(executor, pipe.get());
    static_cast<void>(pipe.release()); // the stream has it, unless that has thrown
    const Deadline deadline(stream, limit);
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto [error, count] = co_await stream.async_read_some(asio::buffer(buffer), as_result);
        const auto kept = std::min(count, output_limit - result->output.size());
        result->output.append(buffer.data(), kept);
        result->truncated = result->truncated || kept < count;
        if (deadline.expired()) {
            co_return false;
        }
        if (error == asio::error::operation_aborted) {
            throw boost::system::system_error(error);
        }
        if (error) {
            co_return true;
        }
    }
}

asio::awaitable<bool> async_collect(const Process* process, UniqueFd pipe, Clock::duration limit,
                                    std::size_t output_limit, RunResult* result)
{
    const auto end = Clock::now() + limit;
    const bool drained = co_await async_drain(std::move(pipe), limit, output_limit, result);
    if (!drained) {
        co_return false;
    }
    const auto status = co_await process->async_wait_for(end - Clock::now());
    if (status) {
        result->status = *status;
    }
    co_return status.has_value();
}

std::string duration_text(Clock::duration duration)
{
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + " s" : std::to_string(milliseconds) + " ms";
}

// The text of ETIMEDOUT speaks of connections.
Error took_too_long(const std::string& what, Clock::duration limit, ProcessId pid, bool gone)
{
    const boost::system::error_code code(gone ? ETIMEDOUT : not_ended, boost::system::system_category());
    const auto late = what + " did not end within " + duration_text(limit);
    return {code, gone
                      ? late + " and was killed"
                      : late + ", and does not end, not even by SIGKILL (process " + std::to_string(pid.value()) + ")"};
}

// With what it was asked, where that is a single option: `kea-dhcp4 -v`.
std::string name_of(const SpawnOptions& options)
{
    return options.path + (options.arguments.empty() || !options.arguments.front().starts_with("-")
                               ? ""
                               : " " + options.arguments.front());
}

Result<Process> start(const asio::any_io_executor& executor, SpawnOptions& options, UniqueFd& read_end)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return Error::from_errno("cannot make a pipe");
    }
    read_end.reset(ends[0]);
    const UniqueFd write_end(ends[1]);
    options.standard_output = write_end.get();
    if (options.standard_error < 0) {
        options.standard_error = write_end.get();
    }
    auto spawned = spawn(executor, options);
    if (!spawned) {
        return spawned.error();
    }
    return std::move(spawned->process);
}

// Also for a caller that is cancelled: in a coroutine of its own, which no signal of the caller's reaches. What the
// caller knows of its cancellation stays as it is. False where it does not end.
asio::awaitable<bool> async_kill(Process* process)
{
    auto stopping = process->async_stop(Clock::duration::zero());
    auto unheard = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    const auto executor = co_await asio::this_coro::executor;
    const auto status = co_await asio::co_spawn(executor, std::move(stopping), std::move(unheard));
    co_return status.ended;
}

} // namespace

asio::awaitable<Result<RunResult>> async_run(SpawnOptions options, Clock::duration limit, std::size_t output_limit)
{
    const auto executor = co_await asio::this_coro::executor;
    UniqueFd pipe;
    auto process = start(executor, options, pipe);
    if (!process) {
        co_return process.error();
    }
    RunResult result;
    bool ended = false;
    bool gone = true;
    std::exception_ptr failure;
    try {
        ended = co_await async_collect(&*process, std::move(pipe), limit, output_limit, &result);
    } catch (...) {
        failure = std::current_exception();
    }
    if (!ended) {
        // Nothing that we started stays behind, cancelled or not.
        const bool throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        try {
            gone = co_await async_kill(&*process);
        } catch (...) {
            failure = failure ? failure : std::current_exception();
        }
        co_await asio::this_coro::throw_if_cancelled(throws);
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    if (!ended) {
        co_return took_too_long(name_of(options), limit, process->pid(), gone);
    }
    co_return result;
}

} // namespace keavrf::process
