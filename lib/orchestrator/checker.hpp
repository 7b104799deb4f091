// Has a configuration checked by the installed Kea, in a throw-away namespace that holds a kea0 (Kea refuses every
// configuration whose interface does not exist).
#pragma once

#include "config/settings.hpp"
#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "process/spawn.hpp"

#include <string>

namespace keavrf::orchestrator {

// `slot`: the one whose addresses stand in the configuration. Nothing is left behind, also when cancelled.
asio::awaitable<Result<void>> async_check_configuration(config::KeaSettings kea, process::Identity identity, Slot slot,
                                                        std::string configuration);

} // namespace keavrf::orchestrator
