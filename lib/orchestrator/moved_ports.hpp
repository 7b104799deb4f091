// Interfaces that move from a VRF that ends to one that stays. Pure.
//
// A reload ends VRFs only when all others have taken what is new, so the one that ends has to let go of these before:
// two sockets cannot have port 67 of one interface.
#pragma once

#include "topology/domain.hpp"

namespace keavrf::orchestrator {

// The domain without the ports that are wanted elsewhere; otherwise as it was, so that its Kea sees nothing of it.
topology::Domain without_moved_ports(topology::Domain ending, const topology::Domains& wanted);

} // namespace keavrf::orchestrator
