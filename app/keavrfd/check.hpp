// The modes that look and end: -t and --print-config.
#pragma once

#include "config/settings.hpp"
#include "options.hpp"

#include <memory>

namespace keavrf {

// Has every configuration that would run now checked by the installed Kea; as root, in throw-away namespaces. Returns
// the exit code; what it finds goes to stdout and stderr.
int check_configuration(const std::shared_ptr<const config::Settings>& settings, const Options& options);

// The effective settings, or one VRF's Kea configuration as it would be now.
int print_configuration(const std::shared_ptr<const config::Settings>& settings, const Options& options);

} // namespace keavrf
