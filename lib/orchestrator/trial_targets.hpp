// What each instance is told while a reload is on trial. Pure.
//
// The host goes on changing meanwhile. Both configurations are resolved against what it is then: the one in force, and
// the one on trial. Who tries the new one out, or has the same entry in both, goes by the new one; all others, those
// that the reload would end among them, by the one in force. What only the new one asks for does not begin yet.
#pragma once

#include "core/types.hpp"
#include "topology/domain.hpp"

#include <set>

namespace keavrf::orchestrator {

// Those that there are and that the new configuration changes.
std::set<VrfName> concerned(const topology::Domains& in_force, const topology::Domains& on_trial);
topology::Domains trial_targets(const topology::Domains& in_force, const topology::Domains& on_trial,
                                const std::set<VrfName>& tried);

} // namespace keavrf::orchestrator
