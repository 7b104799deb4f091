// Starts a program as a child: in a network namespace, as a user, with the capabilities given and no others, with the
// descriptors given and no others, with the environment given and no other.
//
// clone(CLONE_PIDFD), never posix_spawn (it cannot setns). All signals are blocked around the clone, because a signal
// that reaches the child before its execve would run the parent's handlers. The call blocks until the child's execve
// (a few milliseconds), so that a failure comes back with its step and errno. A child outlives us: adoption depends on
// it, so there is no parent-death signal; it is in a session of its own, so that a terminal's Ctrl-C is ours alone.
//
// Instead of a program it can do a piece of work of ours (`work`): what would hold up the event loop, or reads what
// others can forge, and so should not be done with our rights. Such a child dies with us, and nobody but root can trace
// it.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "process/process.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::process {

// User, group and supplementary groups of a child.
struct Identity {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> supplementary;
    friend bool operator==(const Identity&, const Identity&) = default;
};

struct ResourceLimit {
    int resource = 0; // RLIMIT_*
    rlim_t soft = 0;
    rlim_t hard = 0;
};

struct SpawnOptions {
    std::string path; // absolute; no PATH is searched
    // Called in the child instead, with standard input, output and error and no other descriptor; it returns the exit
    // code. `path` then is its name, for errors and (15 characters) for ps. One thread made the copy, so it may
    // allocate; the event loop, the log and what it references of ours are not for it to touch. What it throws ends it
    // with 125.
    std::function<int()> work;
    std::vector<std::string> arguments;   // without argv[0], which is the path
    std::vector<std::string> environment; // NAME=value, complete: nothing is inherited
    int network_namespace = -1;           // borrowed; -1: ours
    std::optional<Identity> identity;     // none: ours
    // Bits 1 << CAP_*: permitted, effective, inheritable and ambient set; the bounding set is reduced to it.
    std::uint64_t capabilities = 0;
    bool no_new_privileges = true;
    std::string working_directory = "/";
    // Borrowed; -1: /dev/null.
    int standard_input = -1;
    int standard_output = -1;
    int standard_error = -1;
    std::vector<ResourceLimit> limits;
    mode_t umask = 0027;
    // Profile to ask for where AppArmor is enabled; empty: none is asked for (DESIGN section 10).
    std::string apparmor_profile;
};

// unconfined: the profile is not loaded, and the child runs without one: worth one warning.
enum class Confinement { not_requested, profile, unconfined };

struct Spawned {
    Process process;
    Confinement confinement = Confinement::not_requested;
};

// Blocks until the child has executed its program (or begun its work), which takes about a millisecond; 5 s at most,
// and one more to end a child that did not get there (ETIMEDOUT). Throws where the child cannot be watched, and ends
// it. "cannot start /usr/sbin/kea-dhcp4: execve: No such file or directory"; the error's code is the failing step's
// errno.
Result<Spawned> spawn(const asio::any_io_executor& executor, const SpawnOptions& options);

} // namespace keavrf::process
