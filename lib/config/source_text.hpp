// Bytes into text: what a configuration file may hold before anybody looks at its grammar. Pure.
#pragma once

#include "config/report.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keavrf::config {

// The text with its byte order mark gone and line ends as \n. Reports, and returns nothing for, what is too large, not
// UTF-8, or holds control characters (yaml-cpp takes 0x04 for the end of the file).
std::optional<std::string> prepare_text(std::string_view bytes, const Origin& file, Report& report);

} // namespace keavrf::config
