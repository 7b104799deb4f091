// tools/bench heavy: what the clients of the other VRFs feel while a Kea with a large lease file starts.
#pragma once

#include "options.hpp"

namespace keavrf::endurance {

void heavy(const Options& options);

} // namespace keavrf::endurance
