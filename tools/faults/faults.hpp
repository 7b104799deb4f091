// The faults: what each does to the world. A fault that has an end (an interface that comes up again) has it before it
// returns, and clients act meanwhile; service is expected again from then on, within the bound.
#pragma once

#include "world.hpp"

#include <functional>
#include <string>
#include <vector>

namespace keavrf::faults {

struct Fault {
    std::string name;
    Milliseconds bound{};  // for service, beside what keavrfd's backoff may take
    bool ends_kea = false; // or hinders its start: the backoff counts it. All other Keas must live on.
    bool needs_vrf_device = false;
    std::function<void(World&, Tenant&)> inject;
    // Where clients may not notice what is broken: whether it is whole again. Empty: service says it all.
    std::function<bool(const Tenant&)> mended = {};
    bool ends_all_keas = false;
    bool wide = false; // others may feel it too: never at the same time as another VRF's fault
    // A keavrfd that is just starting takes the file of the other kind for its own, and rightly ends.
    bool starts_keavrfd = false;
    bool spoils_file = false;
};

std::vector<Fault> process_faults(); // Kea, keavrfd, files, the control socket
std::vector<Fault> network_faults(); // devices, addresses, namespaces, packets

} // namespace keavrf::faults
