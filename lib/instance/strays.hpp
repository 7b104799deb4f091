// Processes in a Kea namespace that was proved to be ours, and no Kea on record: a Kea of a keavrfd that was killed
// between its birth and the record of it, or whose disk was full; and whatever a Kea has left behind (kea-lfc, a script
// of a hook, a fork of one that was taken over).
//
// Ours is, whatever program it runs, who holds the lock on the VRF's leases, a file in a folder that root alone can
// enter, so nobody has it but by way of a keavrfd (kea/server.hpp), or that of an earlier keavrfd
// (kea/former_lock.hpp); and who let go of it, but was started with the environment of this VRF's Kea, which nobody
// else has. Who has neither, and is a Kea or works on the leases all the same, cannot be proved ours: it is never
// touched, and no Kea is started beside it. Whatever else an operator runs there is in nobody's way.
//
// Whoever took over a Kea chooses what its folders, its descriptors and its environment show: links lead nowhere, and
// nothing that cannot be looked at, but for want of descriptors or memory, keeps anybody from telling.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "instance/census.hpp"
#include "kea/paths.hpp"
#include "process/identity.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::instance {

// Whose namespace is looked at. `program`: what a Kea of ours runs.
struct StrayPlace {
    VrfName vrf;
    NamespaceInode name_space;
    kea::ServerPaths paths;
    std::string program;
};

struct Strays {
    std::vector<process::ProcessIdentity> ours;
    std::vector<process::ProcessIdentity> suspects; // not provably ours, and at the leases
};

// Who of them lives there and is no nobody. An error: it cannot be told now, for want of descriptors or memory. Blocks:
// for long where they are many and have many files open, and for good where one has a file system of its own under the
// memory that its environment is read from.
Result<Strays> find_strays(const StrayPlace& place, const std::vector<ProcessId>& inhabitants);
// The same of all who live there, by a look that began at `not_before` or later: by a child of ours, so that only who
// asks waits, for some ten seconds at most. Where nobody lives there, at once. Where no child can tell, some of ours,
// or an error.
asio::awaitable<Result<Strays>> async_find_strays(StrayPlace place, std::shared_ptr<Census> census,
                                                  Clock::time_point not_before);
// While no Kea that is wanted runs there: SIGTERM to all that are ours, after a second SIGKILL, for another second;
// told in the log. True: there were some, and they are gone. An error: one does not end, or nobody can tell now.
asio::awaitable<Result<bool>> async_end_strays(StrayPlace place, std::shared_ptr<Census> census,
                                               Clock::time_point not_before);
// Whether anybody has the lock on these leases, of today or of an earlier keavrfd.
Result<bool> is_locked(const kea::ServerPaths& paths);
// "process 17 (/usr/sbin/kea-dhcp4), process 18 (...) and 3 more".
std::string name_all(const std::vector<process::ProcessIdentity>& processes);

// Whether its standard input is the lock on these leases. An error: it cannot be told now.
Result<bool> holds_lock(ProcessId pid, const kea::ServerPaths& paths);
// Whether an environment (NAME=value, each with a NUL at its end) is that of a Kea of this VRF. Pure.
bool is_environment_of(std::string_view environment, const VrfName& vrf);

// What a new Kea would run, as the kernel names it: a link in the configured path is resolved.
std::string program_of(const config::Settings& settings);
// SIGTERM, `limit`, SIGKILL; told in the log. An error: it does not end, or cannot be signalled now.
asio::awaitable<Result<void>> async_stop_server(VrfName vrf, process::ProcessIdentity identity, Clock::duration limit);

} // namespace keavrf::instance
