// One keavrfd a runtime folder, a state folder, a log folder and a namespace prefix: advisory locks (flock(2)) held
// while it runs. The kernel lets go of them with the process, however it ends, so that no stale lock can keep a start
// from happening. A file that somebody removes locks nobody out: keep_locks() looks every second, and makes it anew.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/unique_fd.hpp"
#include "orchestrator/lock_steps.hpp"

#include <string>
#include <vector>

namespace keavrf::orchestrator {

class Lock {
public:
    // Where its holder has just been killed, this waits up to three seconds: what that one was about to execute holds a
    // copy of the lock until its execve. Creates the file if needed (mode 0600, never through a symbolic link) and
    // writes our pid into it. `what` names what is protected, for the message: "another keavrfd (pid 17) already uses
    // <what>".
    static Result<Lock> acquire(const std::string& path, const std::string& what);
    Lock(Lock&&) noexcept = default;
    Lock& operator=(Lock&&) = delete;
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    // Removes the file while it is still locked, so that the host is left as it was; not one that is another's by now.
    ~Lock();

    // Where the file at the path is not the one that is locked: makes it anew, and locks that. True: that was so. The
    // error names who was quicker; what is held stays held, and the next call tries again. Does not block.
    Result<bool> keep();
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    // Its file stays when it ends, for the next keavrfd to take: to remove it would wait for a disk that hangs.
    void leave_file() noexcept { leaves_file_ = true; }

private:
    Lock(std::string path, std::string what) : path_(std::move(path)), what_(std::move(what)) {}
    Result<bool> carry_out(LockSteps steps, int attempts);

    UniqueFd fd_;
    std::string path_;
    std::string what_;
    bool leaves_file_ = false;
};

// Until cancelled: keeps each of them, and says so where one was lost. They outlive it.
asio::awaitable<void> keep_locks(std::vector<Lock>* locks);

} // namespace keavrf::orchestrator
