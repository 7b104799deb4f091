#include "orchestrator/trial_targets.hpp"

#include "orchestrator/moved_ports.hpp"

namespace keavrf::orchestrator {

std::set<VrfName> concerned(const topology::Domains& in_force, const topology::Domains& on_trial)
{
    std::set<VrfName> names;
    for (const auto& [vrf, domain] : in_force) {
        const auto wanted = on_trial.find(vrf);
        if (wanted != on_trial.end() && !(wanted->second == domain)) {
            names.insert(vrf);
        }
    }
    return names;
}

topology::Domains trial_targets(const topology::Domains& in_force, const topology::Domains& on_trial,
                                const std::set<VrfName>& tried)
{
    topology::Domains targets;
    for (const auto& [vrf, domain] : on_trial) {
        const auto before = in_force.find(vrf);
        const bool same_entry = before != in_force.end() && before->second.settings == domain.settings;
        if (same_entry || tried.contains(vrf)) {
            targets.emplace(vrf, domain);
        }
    }
    // Two sockets cannot have port 67 of one interface: they let go of what has moved to one of those above.
    const auto new_ones = targets;
    for (const auto& [vrf, domain] : in_force) {
        if (!targets.contains(vrf)) {
            targets.emplace(vrf, without_moved_ports(domain, new_ones));
        }
    }
    return targets;
}

} // namespace keavrf::orchestrator
