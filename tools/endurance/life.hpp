// tools/bench life: how long a service is away when its Kea or keavrfd is killed, and how long a stop takes.
#pragma once

#include "options.hpp"

namespace keavrf::endurance {

void life(const Options& options);

} // namespace keavrf::endurance
