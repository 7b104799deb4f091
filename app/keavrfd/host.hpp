// What the host must offer before anything begins: capabilities, folders, locks, Kea.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/error.hpp"
#include "kea/version.hpp"
#include "orchestrator/lock.hpp"
#include "process/spawn.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keavrf {

// Every reason why this process may not do its work, as sentences; empty: it may.
std::vector<std::string> missing_privileges();

// Gives up for good every capability that the work does not need (DESIGN section 10).
Result<void> drop_privileges();

// How many files keavrfd may have open at once with these settings: those VRFs that are named in them, at least.
std::uint64_t descriptors_needed(const config::Settings& settings);
// Raises the limit of open files to what is needed, and further where that may be. An error says what to raise.
Result<void> provide_descriptors(const config::Settings& settings);

// The folders, made where they are missing, and the locks on them and on the namespace prefix.
Result<std::vector<orchestrator::Lock>> claim_host(const config::Settings& settings);

struct KeaOnHost {
    kea::Version version;
    process::Identity identity;
};
asio::awaitable<Result<KeaOnHost>> async_find_kea(config::KeaSettings settings);

std::string host_name();

} // namespace keavrf
