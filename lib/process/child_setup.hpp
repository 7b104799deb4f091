// Internal to lib/process: what the child does between clone and execve. Everything here is async-signal-safe
// (signal-safety(7)): no allocation, no locks, plain system calls; user and group ids by the raw calls, since glibc's
// wrappers would signal threads that the child does not have. Work that is done instead of a program comes after all of
// that.
#pragma once

#include "process/spawn.hpp"

#include <cstddef>
#include <cstdint>

namespace keavrf::process {

enum class Step : std::int32_t {
    reset_signals,
    setsid,
    setns,
    dup2,
    close_range,
    umask,
    setrlimit,
    apparmor_profile,
    apparmor_unconfined,
    bounding_set,
    setgroups,
    setresgid,
    keep_capabilities,
    setresuid,
    capset,
    ambient_set,
    chdir,
    no_new_privileges,
    parent_death,
    execve,
    // Not a failure: the AppArmor profile was refused, and the child goes on without one.
    unconfined_notice,
};

const char* step_name(Step step) noexcept;

// What the child writes to its report pipe; the pipe's end without one means that execve succeeded, or work has begun.
struct Report {
    Step step;
    std::int32_t error;
};

// Made by the parent; all pointers are borrowed from it. Descriptors are 3 or above (report, input, output, error).
struct ChildPlan {
    const char* path = nullptr;
    // Instead of execve; null: none.
    const std::function<int()>* work = nullptr;
    pid_t parent = 0;
    char* const* arguments = nullptr;
    char* const* environment = nullptr;
    const char* working_directory = nullptr;
    // "exec <profile>"; null: AppArmor is not asked.
    const char* apparmor_request = nullptr;
    const Identity* identity = nullptr;
    const ResourceLimit* limits = nullptr;
    std::size_t limit_count = 0;
    std::uint64_t capabilities = 0;
    mode_t umask = 0;
    int network_namespace = -1;
    int input = -1;
    int output = -1;
    int error = -1;
    int report = -1;
    bool no_new_privileges = true;
};

[[noreturn]] void run_child(const ChildPlan& plan) noexcept;

} // namespace keavrf::process
