// Keas of ours that no record names: a keavrfd was killed in the moment between a Kea's birth and the record of it.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/types.hpp"
#include "kea/paths.hpp"
#include "process/identity.hpp"

#include <string>
#include <vector>

namespace keavrf::instance {

// Processes that run `program` in this namespace, which has been proved to be ours, and whose standard input is the
// lock on these leases (kea/server.hpp), of today or of an earlier keavrfd: nobody but a keavrfd starts such a process.
std::vector<process::ProcessIdentity> find_strays(NamespaceInode name_space, const std::string& program,
                                                  const kea::ServerPaths& paths);

// Whether its standard input is the lock on these leases.
bool holds_lock(ProcessId pid, const kea::ServerPaths& paths);

// What a new Kea would run, as the kernel names it: a link in the configured path is resolved.
std::string program_of(const config::Settings& settings);
// SIGTERM, `limit`, SIGKILL; told in the log.
asio::awaitable<void> async_stop_server(VrfName vrf, process::ProcessIdentity identity, Clock::duration limit);

} // namespace keavrf::instance
