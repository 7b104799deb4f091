// Owns running coroutines. Nothing in keavrfd is detached: every task belongs to a group, every group is joined.
//
//   TaskGroup tasks(executor);
//   tasks.spawn("monitor", monitor.run());
//   co_await tasks.async_join();          // returns when all have ended
//
// The first task that fails (any exception but cancellation) stops the others, and async_join rethrows its exception.
// stop() emits terminal cancellation to every task, and to every task spawned later.
// Cancelling async_join's caller stops the group and still waits for every task; then operation_aborted is thrown.
// The destructor expects a joined group (a broken invariant otherwise: tasks hold references into their owner).
#pragma once

#include "core/asio.hpp"

#include <exception>
#include <list>
#include <string>

namespace keavrf {

class TaskGroup {
public:
    explicit TaskGroup(asio::any_io_executor executor);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();

    // The name appears in what async_join reports about a failure.
    void spawn(std::string name, asio::awaitable<void> task);
    void stop() noexcept;
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }
    [[nodiscard]] std::size_t size() const noexcept { return tasks_.size(); }
    // Name of the task whose failure stopped the group; empty without one.
    [[nodiscard]] const std::string& failed_task() const noexcept { return failed_task_; }
    asio::awaitable<void> async_join();

private:
    struct Task {
        std::string name;
        asio::cancellation_signal cancel;
    };
    void finished(std::list<Task>::iterator task, const std::exception_ptr& failure);

    asio::any_io_executor executor_;
    std::list<Task> tasks_;
    asio::steady_timer empty_;
    std::exception_ptr failure_;
    std::string failed_task_;
    bool stopping_ = false;
};

} // namespace keavrf
