// What is not as desired in a world, and what in it is not ours: rules that share no code with plan().
#include "unit/topology/world.hpp"

#include <algorithm>
#include <set>

namespace keavrf::topology::model {

std::string World::leftovers_of(const VrfName& name) const
{
    const auto found = vrfs.find(name);
    if (found == vrfs.end()) {
        return {};
    }
    const auto& vrf = found->second;
    std::string left;
    left += vrf.record ? " a record" : "";
    left += vrf.name_space == Owner::us ? " a namespace" : "";
    left += pair_reachable(vrf) ? " a pair" : "";
    left += vrf.uplink ? " an uplink" : "";
    left += vrf.ports.empty() ? "" : " ports";
    left += our_process(name) != nullptr ? " a server" : "";
    return left.empty() ? "" : name.str() + " left:" + left + "\n";
}

std::string World::difference_of(const VrfName& name, const DesiredInstance& desired) const
{
    const auto found = vrfs.find(name);
    if (found == vrfs.end()) {
        return name.str() + " is not there\n";
    }
    const auto& vrf = found->second;
    std::string wrong;
    wrong += pair_ready(vrf) ? "" : " pair";
    wrong += vrf.record ? "" : " record";
    wrong += vrf.nameless ? " name" : "";
    wrong += vrf.slot && *vrf.slot == vrf.pair_slot && !slot_in_live_use(name, *vrf.slot) ? "" : " slot";
    wrong += vrf.uplink == vrf.pair_index ? "" : " uplink";
    const auto* process = our_process(name);
    const bool on_record =
        vrf.process_id && processes.contains(*vrf.process_id) && &processes.at(*vrf.process_id) == process;
    wrong += process != nullptr && on_record && !process->hangs && process->configuration == desired.configuration_hash
                 ? ""
                 : " server";
    const bool same_ports = std::equal(vrf.ports.begin(), vrf.ports.end(), desired.ports.begin(), desired.ports.end(),
                                       [](const auto& open, const auto& wanted) {
                                           return open.first == wanted.first && !open.second.dead &&
                                                  open.second.fingerprint == wanted.second.fingerprint;
                                       });
    wrong += same_ports ? "" : " ports";
    return wrong.empty() ? "" : name.str() + " wrong:" + wrong + "\n";
}

std::string World::difference_from(const Desired& desired) const
{
    std::set<VrfName> names;
    for (const auto& entry : vrfs) {
        names.insert(entry.first);
    }
    for (const auto& entry : desired.instances) {
        names.insert(entry.first);
    }
    std::string differences;
    for (const auto& name : names) {
        const auto wanted = desired.instances.find(name);
        const auto there = vrfs.find(name);
        const bool blocked =
            hub == Owner::somebody_else || (there != vrfs.end() && there->second.name_space == Owner::somebody_else);
        const bool to_serve = wanted != desired.instances.end() && wanted->second.serve && !blocked;
        differences += to_serve ? difference_of(name, wanted->second) : leftovers_of(name);
    }
    return differences;
}

std::string World::foreign_things() const
{
    std::string things = hub == Owner::somebody_else ? "hub " : "";
    for (const auto& [name, vrf] : vrfs) {
        things += vrf.name_space == Owner::somebody_else ? "namespace-" + name.str() + " " : "";
    }
    for (const auto& [id, process] : processes) {
        if (process.owner != Owner::us) {
            things += "process-" + std::to_string(id.value()) + process.vrf.str() + process.configuration + " ";
        }
    }
    return things;
}

} // namespace keavrf::topology::model
