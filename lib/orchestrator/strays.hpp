// Keas of ours that no record names: a keavrfd was killed in the moment between a Kea's birth and the record of it.
#pragma once

#include "core/types.hpp"
#include "process/identity.hpp"

#include <string>
#include <vector>

namespace keavrf::orchestrator {

// Processes that run `program` in this namespace, which has been proved to be ours, and whose standard input is the
// lock of this state folder (kea/server.hpp): nobody but a keavrfd starts such a process.
std::vector<process::ProcessIdentity> find_strays(NamespaceInode name_space, const std::string& program,
                                                  const std::string& state_folder);

} // namespace keavrf::orchestrator
