// What status-get tells, from what the orchestrator holds.
#pragma once

#include "control/status.hpp"
#include "orchestrator/orchestrator.hpp"

namespace keavrf {

control::InstanceStatus status_of(const instance::Instance& instance);

// Of one for which there is no slot.
control::InstanceStatus status_without_slot(const VrfName& vrf);

// "serving 3 of 4 VRFs"
std::string summary(const orchestrator::Orchestrator& orchestrator);

} // namespace keavrf
