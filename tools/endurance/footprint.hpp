// What a process holds, as the kernel counts it.
#pragma once

#include <sys/types.h>

namespace keavrf::endurance {

struct Footprint {
    long rss = 0;  // KiB
    long pss = 0;  // KiB
    long heap = 0; // KiB of anonymous memory: heap, stacks, mapped blocks
    long descriptors = 0;
};
Footprint footprint_of(pid_t process);

} // namespace keavrf::endurance
