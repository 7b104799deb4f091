// tools/bench soak: whether keavrfd's memory, descriptors or namespaces grow as VRFs come and go, in its configuration
// or as devices of the kernel, and as packets pass.
#pragma once

#include "options.hpp"

namespace keavrf::endurance {

void soak(const Options& options);

} // namespace keavrf::endurance
