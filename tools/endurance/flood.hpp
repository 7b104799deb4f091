// tools/bench flood: what a flood in one VRF does to the clients of the others.
#pragma once

#include "options.hpp"

namespace keavrf::endurance {

void flood(const Options& options);

} // namespace keavrf::endurance
