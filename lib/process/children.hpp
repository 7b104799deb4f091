// Internal to lib/process: which pids are children that a Process watches, so that the Reaper leaves them their exit
// status. It mirrors the kernel's table of our children, and like it there is one in a process.
#pragma once

#include <sys/types.h>

namespace keavrf::process {

// True when `pid` belongs to a Process: its exit status has then been taken and kept for it.
bool collect_registered_child(pid_t pid);

} // namespace keavrf::process
