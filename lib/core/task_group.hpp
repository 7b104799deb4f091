// Owns running coroutines. Nothing in keavrfd is detached: every task belongs to a group, every group is joined.
//
//   TaskGroup tasks(executor);
//   tasks.spawn("monitor", monitor.run());
//   co_await tasks.async_join();          // returns when all have ended
//
// The first task that fails (any exception but cancellation) stops the others, and async_join rethrows its exception.
// stop() emits terminal cancellation to every task, and to every task spawned later.
// Cancelling async_join's caller stops the group and still waits for every task; then operation_aborted is thrown, and
// the caller stays cancelled.
// The destructor expects a joined group (a broken invariant otherwise: tasks hold references into their owner).
#pragma once

#include "core/asio.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <string>

namespace keavrf {

class TaskGroup {
public:
    explicit TaskGroup(asio::any_io_executor executor);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();

    // Names one task while it runs; never used twice.
    using Id = std::uint64_t;

    // The name appears in what async_join reports about a failure. Throws bad_alloc: then there is no such task.
    Id spawn(std::string name, asio::awaitable<void> task);
    void stop() noexcept;
    // Emits terminal cancellation to one task; nothing happens when it has ended.
    void stop(Id id) noexcept;
    [[nodiscard]] bool running(Id id) const noexcept;
    // Called once, when the first task fails, after the others have been stopped: for an owner that waits for
    // something else than this group's end.
    void on_failure(std::function<void()> listener) { on_failure_ = std::move(listener); }
    [[nodiscard]] bool failed() const noexcept { return !failed_task_.empty(); }
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }
    [[nodiscard]] std::size_t size() const noexcept { return tasks_.size(); }
    // Name of the task whose failure stopped the group; empty without one.
    [[nodiscard]] const std::string& failed_task() const noexcept { return failed_task_; }
    asio::awaitable<void> async_join();

private:
    struct Task {
        Id id = 0;
        std::string name;
        asio::cancellation_signal cancel;
    };
    void finished(std::list<Task>::iterator task, const std::exception_ptr& failure);

    asio::any_io_executor executor_;
    std::list<Task> tasks_;
    Id last_id_ = 0;
    std::function<void()> on_failure_;
    asio::steady_timer empty_;
    std::exception_ptr failure_;
    std::string failed_task_;
    bool stopping_ = false;
};

} // namespace keavrf
