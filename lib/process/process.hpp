// One process that we watch by its pidfd: a child of ours (spawn.hpp), or one adopted from an earlier keavrfd.
//
// Destroying a Process neither stops nor signals it. Exit is told by the pidfd alone; waitpid(-1) is used nowhere, and
// what the process leaves as a zombie is taken by waitid(P_PIDFD). One thread only, as all of keavrfd.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"
#include "process/identity.hpp"

#include <memory>
#include <optional>
#include <string>

namespace keavrf::process {

struct ExitStatus {
    // False for an adopted process, which is not our child: the kernel tells nobody but its parent how it ended.
    bool known = true;
    // True: `code` counts; false: `signal` does (where known).
    bool exited = false;
    int code = 0;
    int signal = 0;
    // False only from async_stop: it did not even end by SIGKILL (uninterruptible sleep).
    bool ended = true;

    [[nodiscard]] bool success() const noexcept { return known && ended && exited && code == 0; }
    // "exited with 1", "killed by SIGKILL", "ended".
    [[nodiscard]] std::string describe() const;
    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

class Process {
public:
    // A child of ours; `pidfd` is a descriptor of it.
    static Process of_child(const asio::any_io_executor& executor, ProcessId pid, UniqueFd pidfd);
    // A process that is not our child. Refused (ESRCH) where the pid has another start time than `expected`.
    static Result<Process> adopt(const asio::any_io_executor& executor, const ProcessIdentity& expected);

    Process(Process&&) noexcept = default;
    Process& operator=(Process&&) noexcept = default;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() = default;

    [[nodiscard]] ProcessId pid() const noexcept;
    [[nodiscard]] bool adopted() const noexcept;
    [[nodiscard]] bool running() const;
    // By pidfd_send_signal: never reaches another process. Success too when it has ended already.
    Result<void> signal(int number);

    // Returns when it has ended; any number of times, also afterwards, also by several coroutines at once. Throws
    // operation_aborted when cancelled. The Process may be moved or destroyed meanwhile.
    [[nodiscard]] asio::awaitable<ExitStatus> async_wait() const;
    // The same, for at most `limit`; nullopt: it still runs.
    [[nodiscard]] asio::awaitable<std::optional<ExitStatus>> async_wait_for(Clock::duration limit) const;
    // SIGTERM; after `deadline` SIGKILL; after five more seconds it is given up (ExitStatus::ended is false).
    asio::awaitable<ExitStatus> async_stop(Clock::duration deadline);

    class State;

private:
    explicit Process(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
};

// "SIGKILL", "SIGRTMIN+1", "signal 99".
std::string signal_name(int number);

} // namespace keavrf::process
