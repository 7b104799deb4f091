// `kea-dhcp4 -t`: what the installed Kea says of a configuration, without a running server.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "kea/paths.hpp"
#include "process/spawn.hpp"

#include <optional>
#include <string>

namespace keavrf::kea {

struct CheckSpec {
    std::string binary;                        // absolute path of kea-dhcp4
    std::string text;                          // of the configuration
    int network_namespace = -1;                // borrowed; must hold a kea0, or Kea refuses every configuration
    std::optional<process::Identity> identity; // none: ours
    // Later Kea refuses files outside the folders that its environment names, and demands that they exist: those of the
    // configuration. Kea 2.2 looks at none of them.
    ServerPaths paths;
    Clock::duration limit = std::chrono::seconds{30};
};

// Success, or an error with Kea's reason. The text is handed over in memory (memfd): nothing is written to disk.
asio::awaitable<Result<void>> async_check(CheckSpec spec);

} // namespace keavrf::kea
