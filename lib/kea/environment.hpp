// Internal to lib/kea: how a Kea program is started, whatever it shall do.
#pragma once

#include "kea/paths.hpp"

#include <string>
#include <vector>

namespace keavrf::kea {

// Asked of AppArmor for every Kea process (DESIGN section 10).
inline constexpr const char* apparmor_profile = "keavrfd-kea";

// Complete: nothing of our own environment reaches Kea. Since 2.4.2, 2.6.3 and 2.7.9 Kea refuses files outside the
// folders compiled in, unless these variables name others.
std::vector<std::string> kea_environment(const ServerPaths& paths);

} // namespace keavrf::kea
