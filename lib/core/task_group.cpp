#include "core/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cassert>

namespace keavrf {

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(std::move(executor)), empty_(executor_, Clock::time_point::max())
{
}

TaskGroup::~TaskGroup()
{
    assert(tasks_.empty() && "a task group is joined before it is destroyed");
}

TaskGroup::Id TaskGroup::spawn(std::string name, asio::awaitable<void> task)
{
    const auto entry = tasks_.emplace(tasks_.end());
    const auto id = ++last_id_;
    entry->id = id;
    entry->name = std::move(name);
    auto done = [this, entry](const std::exception_ptr& failure) { finished(entry, failure); };
    try {
        asio::co_spawn(executor_, std::move(task), asio::bind_cancellation_slot(entry->cancel.slot(), std::move(done)));
    } catch (...) {
        tasks_.erase(entry); // nobody else would, and async_join() waited for ever
        throw;
    }
    if (stopping_) {
        stop(id);
    }
    return id;
}

bool TaskGroup::running(Id id) const noexcept
{
    return std::any_of(tasks_.begin(), tasks_.end(), [id](const Task& task) { return task.id == id; });
}

void TaskGroup::stop(Id id) noexcept
{
    const auto task = std::find_if(tasks_.begin(), tasks_.end(), [id](const Task& entry) { return entry.id == id; });
    if (task != tasks_.end()) {
        task->cancel.emit(asio::cancellation_type::terminal);
    }
}

void TaskGroup::stop() noexcept
{
    stopping_ = true;
    // A task that ends at once removes itself, so the next one is found before the signal.
    for (auto task = tasks_.begin(); task != tasks_.end();) {
        auto& current = *task++;
        current.cancel.emit(asio::cancellation_type::terminal);
    }
}

void TaskGroup::finished(std::list<Task>::iterator task, const std::exception_ptr& failure)
{
    if (failure && !is_cancellation(failure) && !failure_) {
        failure_ = failure;
        failed_task_ = task->name;
    }
    // The signal that may be emitting right now lives in the entry: it goes once the stack has unwound.
    auto ended = std::make_shared<std::list<Task>>();
    ended->splice(ended->begin(), tasks_, task);
    asio::post(executor_, [ended] {});
    if (failure_ && !stopping_) {
        stop();
        if (on_failure_) {
            on_failure_();
        }
    }
    if (tasks_.empty()) {
        empty_.cancel();
    }
}

asio::awaitable<void> TaskGroup::async_join()
{
    bool cancelled = false;
    while (!tasks_.empty()) {
        const auto [error] = co_await empty_.async_wait(as_result);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (!cancelled && state.cancelled() != asio::cancellation_type::none) {
            cancelled = true;
            // Waits on all the same; that it was cancelled is the caller's to know afterwards.
            co_await asio::this_coro::throw_if_cancelled(false);
            stop();
        }
        (void)error;
    }
    if (cancelled) {
        co_await asio::this_coro::throw_if_cancelled(true);
    }
    if (failure_) {
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }
    if (cancelled) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
}

} // namespace keavrf
