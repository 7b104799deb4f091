// How the thread that relays shares a processor with the Keas.
#pragma once

namespace keavrf::relay {

// The calling thread takes no processor from one that is running (SCHED_BATCH, man 7 sched): otherwise each answer that
// Kea sends wakes the relay in Kea's place, and both are switched for every single packet. So Kea answers as much as it
// can, and the relay finds a batch. Where a processor is idle nothing changes; where none is, the relay waits for a
// time slice, some milliseconds. Children inherit it unless they change it (process/child_setup.cpp). A host that does
// not permit it goes without.
void prefer_batches() noexcept;

} // namespace keavrf::relay
