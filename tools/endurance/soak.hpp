// tools/bench soak: whether keavrfd's memory or descriptors grow as VRFs come and go, and as packets pass.
#pragma once

#include "options.hpp"

namespace keavrf::endurance {

void soak(const Options& options);

} // namespace keavrf::endurance
