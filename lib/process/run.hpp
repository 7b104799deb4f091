// Runs a program to its end and collects what it prints: for short questions (`kea-dhcp4 -v`, `-t`).
#pragma once

#include "core/asio.hpp"
#include "process/spawn.hpp"

#include <cerrno>
#include <cstddef>
#include <string>

namespace keavrf::process {

struct RunResult {
    ExitStatus status;
    std::string output; // stdout and stderr as they came, cut at the limit
    bool truncated = false;
};

// The errno of a program that took too long and did not even end by SIGKILL within five seconds (Process::async_stop):
// it waits in the kernel, for a disk as a rule, and what it is about may still be done.
inline constexpr int not_ended = EBUSY;

// Stdout and (unless options name another) stderr go through one pipe, which is drained until its end; what exceeds
// `output_limit` is read and dropped. Past `limit` the program is killed and an error with ETIMEDOUT returned, or with
// `not_ended`. When cancelled it is killed too, and waited for as long; whether it has ended then is told nobody.
asio::awaitable<Result<RunResult>> async_run(SpawnOptions options, Clock::duration limit,
                                             std::size_t output_limit = 65536);

} // namespace keavrf::process
