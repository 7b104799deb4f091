#include "relay/scheduling.hpp"

#include <sched.h>

namespace keavrf::relay {

void prefer_batches() noexcept
{
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_BATCH, &none);
}

} // namespace keavrf::relay
