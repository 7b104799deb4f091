// How many files keavrfd may still open. The last of them belong to VRFs that have served: a start of Kea and a look at
// what there is need some for a while, and what is new is worth less than what comes back.
#pragma once

namespace keavrf::instance {

// Fewer than these 16: nothing new is begun with them.
bool few_descriptors_left();

} // namespace keavrf::instance
