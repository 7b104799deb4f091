// What an earlier keavrfd left behind when it was killed: found by its records (instance.json), proved by the system's
// own tables, and removed. What cannot be proved to be ours is never touched: the instance that it stands in the way of
// is refused by name.
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/error.hpp"

#include <string>

namespace keavrf::orchestrator {

// Stops the Keas, removes the namespaces and records. To be called while the locks (lock.hpp) are held, so that no
// other keavrfd owns any of it, and before any instance exists. What cannot be removed is logged.
asio::awaitable<void> async_remove_remnants(std::shared_ptr<const config::Settings> settings);

// Where the hub's record lies.
std::string hub_record_path(const config::Settings& settings);

} // namespace keavrf::orchestrator
