#include "instance/disk_child.hpp"

#include "core/deadline.hpp"
#include "core/unique_fd.hpp"
#include "process/spawn.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/system_error.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace keavrf::instance {

namespace {

constexpr std::chrono::seconds exit_limit{1};

// In the child. Ends where nobody asks any more.
int answer_questions(const std::function<int()>& attempt)
{
    char question = 0;
    while (::read(STDIN_FILENO, &question, sizeof(question)) == sizeof(question)) {
        const int ignored = attempt(); // any end of it is an answer
        (void)ignored;
        if (::write(STDIN_FILENO, &question, sizeof(question)) != sizeof(question)) {
            break;
        }
    }
    return 0;
}

} // namespace

class DiskChild::Running {
public:
    Running(const asio::any_io_executor& executor, process::Process child, UniqueFd socket)
        : child_(std::move(child)), socket_(executor, socket.get())
    {
        static_cast<void>(socket.release()); // the other has it, unless that has thrown
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running()
    {
        const auto killed = child_.signal(SIGKILL);
        (void)killed; // it has ended, then
    }

    // False: it has ended.
    bool send_question() { return ::send(socket_.native_handle(), "?", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1; }
    // Nothing: not yet.
    std::optional<bool> take_answer()
    {
        char answer = 0;
        const auto count = ::recv(socket_.native_handle(), &answer, sizeof(answer), MSG_DONTWAIT);
        const bool later = count < 0 && (errno == EAGAIN || errno == EINTR);
        return later ? std::nullopt : std::optional(count == 1);
    }
    // One that has closed its end is about to end; its exit is taken, or it would stay a zombie.
    asio::awaitable<void> async_collect() const
    {
        const auto status = co_await child_.async_wait_for(exit_limit);
        (void)status;
    }
    asio::posix::stream_descriptor& socket() noexcept { return socket_; }

private:
    process::Process child_;
    asio::posix::stream_descriptor socket_;
};

DiskChild::DiskChild(asio::any_io_executor executor, std::function<int()> attempt)
    : executor_(std::move(executor)), attempt_(std::move(attempt))
{
}

DiskChild::~DiskChild() = default;

Result<void> DiskChild::start()
{
    running_.reset();
    ended_ = false;
    asked_ = false;
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return Error::from_errno("cannot make a pair of sockets");
    }
    UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);
    process::SpawnOptions options;
    options.path = "keavrfd-disk";
    options.standard_input = theirs.get();
    options.work = [attempt = attempt_] { return answer_questions(attempt); };
    auto spawned = process::spawn(executor_, options);
    if (!spawned) {
        return spawned.error();
    }
    running_ = std::make_unique<Running>(executor_, std::move(spawned->process), std::move(ours));
    return {};
}

Result<void> DiskChild::ask()
{
    const bool usable = running_ && !ended_ && !asked_; // one who waited may have failed over it
    if (usable && running_->send_question()) {
        asked_ = true;
        return {};
    }
    auto started = start();
    asked_ = started && running_->send_question();
    return started && !asked_ ? Error::from_errno("cannot ask the child that tries a disk") : started;
}

asio::awaitable<bool> DiskChild::async_answered(Clock::duration limit)
{
    if (!running_ || ended_) {
        co_return true;
    }
    auto& socket = running_->socket();
    const Deadline deadline(socket, limit, Deadline::Ends::operation);
    for (;;) {
        const auto answer = running_->take_answer();
        if (answer) {
            ended_ = !*answer;
            asked_ = false;
            if (ended_) {
                co_await running_->async_collect();
            }
            co_return true;
        }
        if (deadline.expired()) {
            co_return false;
        }
        const auto [error] = co_await socket.async_wait(asio::posix::descriptor_base::wait_read, as_result);
        if (error && !deadline.expired()) {
            throw boost::system::system_error(error);
        }
    }
}

} // namespace keavrf::instance
