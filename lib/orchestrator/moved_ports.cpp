#include "orchestrator/moved_ports.hpp"

#include <algorithm>
#include <set>

namespace keavrf::orchestrator {

topology::Domain without_moved_ports(topology::Domain ending, const topology::Domains& wanted)
{
    std::set<InterfaceIndex> elsewhere;
    for (const auto& [vrf, domain] : wanted) {
        for (const auto& port : domain.ports) {
            if (vrf != ending.name) {
                elsewhere.insert(port.index);
            }
        }
    }
    std::erase_if(ending.ports,
                  [&elsewhere](const topology::PortSpec& port) { return elsewhere.contains(port.index); });
    return ending;
}

} // namespace keavrf::orchestrator
