// Processes that hold the lock on a VRF's leases and are no Kea on record: a Kea of a keavrfd that was killed between
// its birth and the record of it, and whatever a Kea has left behind (kea-lfc, a script of a hook, a fork of one that
// was taken over).
//
// In a Kea namespace that was proved to be ours the lock is proof enough, whatever program they run: the file is in a
// folder that root alone can enter, so nobody has it but by way of a keavrfd (kea/server.hpp). What an operator runs
// there does not have it, and is never touched.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/types.hpp"
#include "kea/paths.hpp"
#include "process/identity.hpp"

#include <string>
#include <vector>

namespace keavrf::instance {

// In this namespace, with the lock on these leases, of today or of an earlier keavrfd, open.
std::vector<process::ProcessIdentity> find_strays(NamespaceInode name_space, const kea::ServerPaths& paths);
// While no Kea that is wanted runs there. SIGTERM to all, after a second SIGKILL, for another second; told in the log.
// True: there were some. Where nobody holds the lock no process is looked at.
asio::awaitable<bool> async_end_strays(VrfName vrf, NamespaceInode name_space, kea::ServerPaths paths);

// Whether its standard input is the lock on these leases.
bool holds_lock(ProcessId pid, const kea::ServerPaths& paths);

// What a new Kea would run, as the kernel names it: a link in the configured path is resolved.
std::string program_of(const config::Settings& settings);
// SIGTERM, `limit`, SIGKILL; told in the log.
asio::awaitable<void> async_stop_server(VrfName vrf, process::ProcessIdentity identity, Clock::duration limit);

} // namespace keavrf::instance
