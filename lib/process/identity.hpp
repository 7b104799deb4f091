// Who a process is: what proves that a pid still is the process we mean (proc(5), /proc/PID/stat, exe, ns/net).
#pragma once

#include "core/error.hpp"
#include "core/types.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::process {

struct ProcessIdentity {
    ProcessId pid;
    // In clock ticks since boot (field 22 of /proc/PID/stat): with the pid, unique until the next boot.
    std::uint64_t start_time = 0;
    // Where the running program lies, also when a package upgrade has replaced that file meanwhile.
    std::string executable;
    bool executable_replaced = false;
    NamespaceInode network_namespace;

    // The same process: pid and start time.
    [[nodiscard]] bool same_process(const ProcessIdentity& other) const noexcept
    {
        return pid == other.pid && start_time == other.start_time;
    }
    friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

// "/proc/17"; where its main thread has ended while another goes on, so that the kernel shows nothing of it there (no
// namespace, no program, no descriptor), that of the other: "/proc/17/task/18".
// An error: it cannot be told now.
Result<std::string> proc_folder(ProcessId pid);

// Of a live process; another user's needs CAP_SYS_PTRACE. A zombie, or no such process: an error that is_gone(); not so
// one of which a thread lives, but none for as long as a look takes (EAGAIN).
Result<ProcessIdentity> process_identity(ProcessId pid);
// Whether an error of process_identity(), user_of() or Process::adopt() says that there is no such process, or another
// of that number. Any other says nothing about it: no descriptor is left, or no memory.
bool is_gone(const Error& error);

// The user whose rights it has. The owner of /proc/PID does not tell: that is root where the process is not dumpable.
Result<uid_t> user_of(ProcessId pid);

// The effective one in the text of /proc/PID/status (proc(5)).
std::optional<uid_t> parse_user(std::string_view status);

// Field 22 of a line of /proc/PID/stat; the command name before it may hold spaces and parentheses.
std::optional<std::uint64_t> parse_start_time(std::string_view stat_line);

// The inode of the network namespace that the descriptor holds, or of our own.
Result<NamespaceInode> network_namespace_of(int descriptor);
Result<NamespaceInode> own_network_namespace();

} // namespace keavrf::process
