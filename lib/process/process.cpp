#include "process/process.hpp"

#include "core/deadline.hpp"
#include "process/children.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h> // NOLINT(modernize-deprecated-headers,hicpp-deprecated-headers): POSIX parts
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <map>

namespace keavrf::process {

namespace {

// How long after SIGKILL a process may take before it is given up.
constexpr std::chrono::seconds kill_limit{3};

ExitStatus to_exit_status(const siginfo_t& information)
{
    ExitStatus status;
    status.exited = information.si_code == CLD_EXITED;
    (status.exited ? status.code : status.signal) = information.si_status;
    return status;
}

ExitStatus unknown_exit()
{
    ExitStatus status;
    status.known = false;
    return status;
}

bool readable(int descriptor)
{
    pollfd entry{descriptor, POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
}

} // namespace

class Process::State {
public:
    State(const asio::any_io_executor& executor, ProcessId pid, UniqueFd pidfd, bool adopted);
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State();

    [[nodiscard]] ProcessId pid() const noexcept { return pid_; }
    [[nodiscard]] bool adopted() const noexcept { return adopted_; }
    [[nodiscard]] int descriptor() noexcept { return pidfd_.native_handle(); }
    asio::posix::stream_descriptor& pidfd() noexcept { return pidfd_; }

    // Takes the exit status if there is one; never blocks.
    const std::optional<ExitStatus>& collect();

private:
    ProcessId pid_;
    asio::posix::stream_descriptor pidfd_;
    bool adopted_;
    std::optional<ExitStatus> status_;
};

namespace {

std::map<pid_t, Process::State*>& children()
{
    static std::map<pid_t, Process::State*> table;
    return table;
}

} // namespace

bool collect_registered_child(pid_t pid)
{
    const auto entry = children().find(pid);
    return entry != children().end() && entry->second->collect().has_value();
}

Process::State::State(const asio::any_io_executor& executor, ProcessId pid, UniqueFd pidfd, bool adopted)
    : pid_(pid), pidfd_(executor, pidfd.get()), adopted_(adopted)
{
    // Only now: where epoll takes no more, the constructor throws, and would not have closed it.
    static_cast<void>(pidfd.release());
    if (!adopted_) {
        children()[pid_.value()] = this;
    }
}

Process::State::~State()
{
    collect();
    const auto entry = children().find(pid_.value());
    if (entry != children().end() && entry->second == this) {
        children().erase(entry);
    }
}

const std::optional<ExitStatus>& Process::State::collect()
{
    if (status_) {
        return status_;
    }
    if (adopted_) {
        if (readable(descriptor())) {
            status_ = unknown_exit();
        }
        return status_;
    }
    siginfo_t information{};
    const auto result = ::waitid(P_PIDFD, static_cast<id_t>(descriptor()), &information, WEXITED | WNOHANG);
    if (result == 0 && information.si_pid != 0) {
        status_ = to_exit_status(information);
    } else if (result != 0 && errno == ECHILD) {
        status_ = unknown_exit();
    }
    // Its number may now be given to another child.
    if (status_) {
        children().erase(pid_.value());
    }
    return status_;
}

Process Process::of_child(const asio::any_io_executor& executor, ProcessId pid, UniqueFd pidfd)
{
    return Process(std::make_shared<State>(executor, pid, std::move(pidfd), false));
}

Result<Process> Process::adopt(const asio::any_io_executor& executor, const ProcessIdentity& expected)
{
    const auto context = "cannot adopt process " + std::to_string(expected.pid.value());
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, expected.pid.value(), 0)));
    if (!pidfd) {
        return Error::from_errno(context);
    }
    // Looked at after the pidfd was taken: what the pid names now is what the pidfd holds.
    const auto actual = process_identity(expected.pid);
    if (!actual) {
        return actual.error().in(context);
    }
    if (!actual->same_process(expected)) {
        return Error::from_errno(context + ": it is another process by now", ESRCH);
    }
    return Process(std::make_shared<State>(executor, expected.pid, std::move(pidfd), true));
}

ProcessId Process::pid() const noexcept
{
    return state_->pid();
}

bool Process::adopted() const noexcept
{
    return state_->adopted();
}

bool Process::running() const
{
    return !state_->collect();
}

Result<void> Process::signal(int number)
{
    const auto result = ::syscall(SYS_pidfd_send_signal, state_->descriptor(), number, nullptr, 0);
    if (result != 0 && errno != ESRCH) {
        return Error::from_errno("cannot send " + signal_name(number) + " to process " + std::to_string(pid().value()));
    }
    return {};
}

namespace {

asio::awaitable<ExitStatus> wait_for_exit(std::shared_ptr<Process::State> state)
{
    for (;;) {
        if (const auto& status = state->collect()) {
            co_return *status;
        }
        const auto [error] = co_await state->pidfd().async_wait(asio::posix::descriptor_base::wait_read, as_result);
        if (error) {
            throw boost::system::system_error(error);
        }
    }
}

// Where there is no descriptor to be had for waiting.
asio::awaitable<std::optional<ExitStatus>> look_for_exit_until(std::shared_ptr<Process::State> state,
                                                               Clock::duration limit)
{
    constexpr std::chrono::milliseconds pause{10};
    const auto end = Clock::now() + limit;
    while (Clock::now() < end) {
        co_await async_sleep(std::min<Clock::duration>(pause, end - Clock::now()));
        if (const auto& status = state->collect()) {
            co_return *status;
        }
    }
    co_return std::nullopt;
}

// Waits on a descriptor of its own, since the deadline closes it.
asio::awaitable<std::optional<ExitStatus>> wait_for_exit_until(std::shared_ptr<Process::State> state,
                                                               Clock::duration limit)
{
    if (const auto& status = state->collect()) {
        co_return *status;
    }
    UniqueFd copy(::fcntl(state->descriptor(), F_DUPFD_CLOEXEC, 0));
    if (!copy) {
        auto looked = co_await look_for_exit_until(state, limit);
        co_return looked;
    }
    const auto executor = co_await asio::this_coro::executor;
    asio::posix::stream_descriptor descriptor(executor, copy.get());
    static_cast<void>(copy.release()); // the other has it, unless that has thrown
    const Deadline deadline(descriptor, limit);
    for (;;) {
        const auto [error] = co_await descriptor.async_wait(asio::posix::descriptor_base::wait_read, as_result);
        if (const auto& status = state->collect()) {
            co_return *status;
        }
        if (deadline.expired()) {
            co_return std::nullopt;
        }
        if (error) {
            throw boost::system::system_error(error);
        }
    }
}

} // namespace

asio::awaitable<ExitStatus> Process::async_wait() const
{
    return wait_for_exit(state_);
}

asio::awaitable<std::optional<ExitStatus>> Process::async_wait_for(Clock::duration limit) const
{
    return wait_for_exit_until(state_, limit);
}

asio::awaitable<ExitStatus> Process::async_stop(Clock::duration deadline)
{
    // A failure to signal shows as a process that does not end.
    (void)signal(SIGTERM);
    auto status = co_await async_wait_for(deadline);
    if (!status) {
        (void)signal(SIGKILL);
        status = co_await async_wait_for(kill_limit);
    }
    if (!status) {
        ExitStatus still_running;
        still_running.known = false;
        still_running.ended = false;
        co_return still_running;
    }
    co_return *status;
}

std::string signal_name(int number)
{
    if (const char* name = ::sigabbrev_np(number)) {
        return std::string("SIG") + name;
    }
    if (number >= SIGRTMIN && number <= SIGRTMAX) {
        return number == SIGRTMIN ? "SIGRTMIN" : "SIGRTMIN+" + std::to_string(number - SIGRTMIN);
    }
    return "signal " + std::to_string(number);
}

std::string ExitStatus::describe() const
{
    if (!ended) {
        return "does not end, not even by SIGKILL";
    }
    if (!known) {
        return "ended";
    }
    return exited ? "exited with " + std::to_string(code) : "killed by " + signal_name(signal);
}

} // namespace keavrf::process
