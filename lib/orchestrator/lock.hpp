// One keavrfd a runtime folder, a state folder and a namespace prefix: advisory locks (flock(2)) held while it runs.
// The kernel lets go of them with the process, however it ends, so that no stale lock can keep a start from happening.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <string>

namespace keavrf::orchestrator {

class Lock {
public:
    // Where its holder has just been killed, this waits up to a second: what that one was about to execute holds a copy
    // of the lock until its execve.
    // Creates the file if needed (mode 0600, never through a symbolic link) and writes our pid into it. `what` names
    // what is protected, for the message: "another keavrfd (pid 17) already uses <what>".
    static Result<Lock> acquire(const std::string& path, const std::string& what);
    Lock(Lock&&) noexcept = default;
    Lock& operator=(Lock&&) = delete;
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    // Removes the file while it is still locked, so that the host is left as it was.
    ~Lock();

private:
    Lock(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    UniqueFd fd_;
    std::string path_;
};

} // namespace keavrf::orchestrator
