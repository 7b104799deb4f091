// `-m IF:VRF[:GIADDR]`, repeatable: settings without a file. Pure.
#pragma once

#include "config/settings.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace keavrf::config {

struct CliMapResult {
    std::optional<Settings> settings; // only where there are no errors
    std::vector<std::string> errors;  // each a sentence that starts with "-m <argument>: "
};

// One VRF entry for each VRF named, in the order of their first mention, with exactly the interfaces given; all else
// is default.
CliMapResult settings_from_map(std::span<const std::string> arguments);

} // namespace keavrf::config
