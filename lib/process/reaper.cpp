#include "process/reaper.hpp"

#include "process/children.hpp"

#include <sys/wait.h>

#include <csignal>

namespace keavrf::process {

Reaper::Reaper(const asio::any_io_executor& executor) : signals_(executor, SIGCHLD) {}

asio::awaitable<void> Reaper::run()
{
    for (;;) {
        // One signal may stand for many children, so all are taken.
        reap_orphans();
        co_await signals_.async_wait(asio::use_awaitable);
    }
}

std::size_t Reaper::reap_orphans()
{
    std::size_t reaped = 0;
    for (;;) {
        // Looks first and takes by pid, so that a child's status never gets lost. A child of our own in front of the
        // queue is collected for its Process, or it would hide what stands behind it.
        siginfo_t found{};
        if (::waitid(P_ALL, 0, &found, WEXITED | WNOHANG | WNOWAIT) != 0 || found.si_pid == 0) {
            return reaped;
        }
        if (collect_registered_child(found.si_pid)) {
            continue;
        }
        siginfo_t taken{};
        if (::waitid(P_PID, static_cast<id_t>(found.si_pid), &taken, WEXITED | WNOHANG) != 0) {
            return reaped;
        }
        ++reaped;
    }
}

} // namespace keavrf::process
