// The effective settings as YAML (--print-config): defaults filled in, `defaults` merged, dhcp4-file taken in. Loads
// back to the same settings. Pure.
#pragma once

#include "config/settings.hpp"

#include <string>

namespace keavrf::config {

std::string print(const Settings& settings);

} // namespace keavrf::config
