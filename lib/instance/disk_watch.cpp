#include "instance/disk_watch.hpp"

#include "core/exception_text.hpp"
#include "core/log.hpp"
#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <exception>
#include <utility>

namespace keavrf::instance {

namespace {

using namespace std::chrono_literals;

// For as long an answer holds: what is begun at the same time asks once, and a thousand starts some hundred times.
constexpr auto fresh = 100ms;
// A disk that is busy takes some hundred milliseconds. Whoever waits longer is not sure of being served.
constexpr auto patience = 2s;
// Of no meaning: the child is heard at once.
constexpr auto next_look = 1h;

// Any error is an answer.
int write_something(const std::string& folder)
{
    const auto path = folder + "/.keavrfd-try";
    ::unlink(path.c_str()); // of a child that was killed here
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    ::unlink(path.c_str());
    return 0;
}

bool is_memory(const std::string& folder)
{
    struct statfs system {};
    return ::statfs(folder.c_str(), &system) == 0 &&
           (system.f_type == TMPFS_MAGIC || system.f_type == static_cast<decltype(system.f_type)>(RAMFS_MAGIC));
}

std::function<int()> attempt_in(const std::string& folder)
{
    if (is_memory(folder)) {
        return {};
    }
    return [folder] { return write_something(folder); };
}

bool on_one_disk(const std::string& one, const std::string& other)
{
    struct stat first {};
    struct stat second {};
    return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 && first.st_dev == second.st_dev;
}

} // namespace

DiskWatch::DiskWatch(asio::any_io_executor executor, std::string key, std::string folder)
    : DiskWatch(std::move(executor), std::move(key), folder, attempt_in(folder))
{
}

DiskWatch::DiskWatch(asio::any_io_executor executor, std::string key, std::string folder, std::function<int()> attempt)
    : executor_(std::move(executor)), key_(std::move(key)), folder_(std::move(folder)), attempt_(std::move(attempt)),
      asked_(executor_), tried_(executor_)
{
}

bool DiskWatch::answered_lately() const
{
    return answered_ && Clock::now() - *answered_ < fresh;
}

Error DiskWatch::hangs() const
{
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - *hangs_since_).count();
    return Error(boost::system::error_code(ETIMEDOUT, boost::system::system_category()),
                 "the disk under " + key_ + " (" + folder_ + ") does not answer, for " + std::to_string(seconds) +
                     " s now")
        .hint("what serves goes on, as far as it needs no disk; look at dmesg");
}

asio::awaitable<Result<void>> DiskWatch::async_ask()
{
    const auto before = tries_;
    while (attempt_ && running_ && !hangs_since_ && !answered_lately() && tries_ == before) {
        asked_.notify();
        co_await tried_.async_wait_until(Clock::time_point::max());
    }
    co_return hangs_since_ ? Result<void>(hangs()) : Result<void>();
}

asio::awaitable<void> DiskWatch::run()
{
    running_ = true;
    std::exception_ptr ended;
    try {
        DiskChild child(executor_, attempt_);
        co_await async_answer_all(&child);
    } catch (...) {
        ended = std::current_exception();
    }
    running_ = false;
    tried_.notify_all();
    std::rethrow_exception(ended); // it has no other end
}

asio::awaitable<void> DiskWatch::async_answer_all(DiskChild* child)
{
    while (true) {
        co_await asked_.async_wait();
        std::exception_ptr failure;
        try {
            if (!answered_lately()) {
                co_await async_try(child);
            }
        } catch (const std::exception&) {
            failure = std::current_exception();
        }
        if (failure && is_cancellation(failure)) {
            std::rethrow_exception(failure);
        }
        // Short of something, keavrfd knows nothing of the disk, as where it has no child to spare.
        if (failure) {
            hangs_since_.reset();
            log::warning("disk.untried", "", "it cannot be tried whether the disk under " + key_ + " answers",
                         {{"error", text_of(failure)}});
        }
        ++tries_;
        tried_.notify_all();
    }
}

asio::awaitable<void> DiskWatch::async_try(DiskChild* child)
{
    const auto asked = child->ask();
    if (!asked) {
        co_return; // whoever has no child to spare knows nothing of the disk
    }
    co_await async_wait_out(child);
    answered_ = Clock::now();
}

asio::awaitable<void> DiskWatch::async_wait_out(DiskChild* child)
{
    const auto began = Clock::now();
    const bool soon = co_await child->async_answered(patience);
    if (soon) {
        co_return;
    }
    hangs_since_ = began;
    tried_.notify_all();
    log::warning("disk.hangs", "", hangs().message());
    bool late = false;
    while (!late) {
        late = co_await child->async_answered(next_look);
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - began).count();
    hangs_since_.reset();
    log::info("disk.answers", "", "the disk under " + key_ + " (" + folder_ + ") answers again",
              {{"after_s", seconds}});
    if (on_return_) {
        on_return_();
    }
}

Disks::Disks(const asio::any_io_executor& executor, const config::Settings& settings)
    : state(executor, "state-dir", settings.state_dir), logs(executor, "log-dir", settings.log_dir),
      same(on_one_disk(settings.state_dir, settings.log_dir))
{
}

asio::awaitable<Result<void>> async_ask_state(std::shared_ptr<Disks> disks)
{
    if (!disks) {
        co_return Result<void>();
    }
    auto answer = co_await disks->state.async_ask();
    co_return answer;
}

asio::awaitable<Result<void>> async_ask_all(std::shared_ptr<Disks> disks)
{
    if (!disks) {
        co_return Result<void>();
    }
    auto answer = co_await disks->state.async_ask();
    if (answer && !disks->same) {
        answer = co_await disks->logs.async_ask();
    }
    co_return answer;
}

} // namespace keavrf::instance
