#include "unit/topology/world.hpp"

#include <algorithm>

namespace keavrf::topology::model {

namespace {

Ownership as_seen(Owner owner)
{
    switch (owner) {
    case Owner::us:
        return Ownership::ours;
    case Owner::somebody_else:
        return Ownership::foreign;
    case Owner::nobody:
        break;
    }
    return Ownership::absent;
}

} // namespace

const Process* World::our_process(const VrfName& vrf) const
{
    const auto found = std::find_if(processes.begin(), processes.end(), [&](const auto& entry) {
        return entry.second.owner == Owner::us && entry.second.vrf == vrf;
    });
    return found != processes.end() ? &found->second : nullptr;
}

bool World::anybody_at_leases(const VrfName& vrf) const
{
    return std::any_of(processes.begin(), processes.end(), [&](const auto& entry) {
        return entry.second.vrf == vrf && (entry.second.owner == Owner::us || entry.second.at_leases);
    });
}

// The one on record, or that the daemon remembers.
bool World::known_process_runs(const VrfWorld& vrf) const
{
    const auto known = vrf.process_id ? processes.find(*vrf.process_id) : processes.end();
    return known != processes.end() && known->second.owner == Owner::us;
}

bool World::pair_reachable(const VrfWorld& vrf) const
{
    return (vrf.relay_end && hub == Owner::us) || (vrf.kea_end && vrf.name_space == Owner::us);
}

bool World::pair_ready(const VrfWorld& vrf) const
{
    return pair_stands(vrf) && !vrf.pair_damaged;
}

bool World::pair_stands(const VrfWorld& vrf) const
{
    return vrf.relay_end && vrf.kea_end && vrf.pair_in_order && hub == Owner::us && vrf.name_space == Owner::us;
}

ObservedInstance World::observe_vrf(const VrfWorld& vrf) const
{
    ObservedInstance seen;
    seen.slot = vrf.slot;
    seen.record = vrf.record;
    seen.name_space = as_seen(vrf.name_space);
    seen.named = !vrf.nameless;
    seen.unsettled = vrf.unsettled;
    const bool relay_end = vrf.relay_end && (hub == Owner::us || old_hub_alive);
    if (relay_end && vrf.kea_end && vrf.pair_in_order) {
        seen.pair = vrf.pair_damaged ? PairState::damaged : PairState::ready;
    } else if (pair_reachable(vrf)) {
        seen.pair = PairState::broken;
    }
    seen.pair_index = relay_end ? vrf.pair_index : InterfaceIndex{};
    seen.uplink = vrf.uplink;
    for (const auto& [index, socket] : vrf.ports) {
        seen.ports[index] = {"if" + std::to_string(index.value()), socket.fingerprint, socket.dead};
    }
    if (vrf.process_id) {
        const auto process = processes.find(*vrf.process_id);
        const Owner owner = process != processes.end() ? process->second.owner : Owner::nobody;
        seen.server = ObservedServer{*vrf.process_id, as_seen(owner), vrf.recorded_configuration,
                                     process == processes.end() || !process->second.hangs};
    }
    return seen;
}

Observed World::observe() const
{
    Observed seen;
    seen.hub = as_seen(hub);
    seen.hub_ready = hub == Owner::us && hub_in_order;
    for (const auto& [name, vrf] : vrfs) {
        seen.instances[name] = observe_vrf(vrf);
    }
    return seen;
}

ProcessId World::start_process(Process process)
{
    const ProcessId id{next_process_++};
    processes.emplace(id, std::move(process));
    return id;
}

bool World::slot_in_live_use(const VrfName& except, Slot slot) const
{
    return std::any_of(vrfs.begin(), vrfs.end(), [&](const auto& entry) {
        return entry.first != except && entry.second.pair_slot == slot && pair_stands(entry.second);
    });
}

bool World::port_open_elsewhere(const VrfName& except, InterfaceIndex index) const
{
    return std::any_of(vrfs.begin(), vrfs.end(),
                       [&](const auto& entry) { return entry.first != except && entry.second.ports.contains(index); });
}

void World::act(const RefuseHub& action, const Desired& /*desired*/)
{
    require(hub == Owner::somebody_else, action, "the hub is not foreign");
    require(!action.reason.empty(), action, "no reason is given");
}

void World::act(const CreateHub& action, const Desired& /*desired*/)
{
    require(hub == Owner::nobody, action, "there is a hub");
    hub = Owner::us;
    hub_in_order = true;
    // Pairs stay behind in the old one; the Kea namespaces' ends can still be reached.
    for (auto& [name, vrf] : vrfs) {
        vrf.pair_in_order = false;
        vrf.relay_end = false;
    }
    old_hub_alive = false;
}

void World::act(const RepairHub& action, const Desired& /*desired*/)
{
    require(hub == Owner::us, action, "the hub is not ours");
    require(!hub_in_order, action, "the hub is in order");
    hub_in_order = true;
}

void World::act(const Refuse& action, const Desired& desired)
{
    require(vrfs[action.vrf].name_space == Owner::somebody_else, action, "nothing foreign is in the way");
    require(desired.instances.at(action.vrf).serve, action, "nobody wants it");
    require(!action.reason.empty(), action, "no reason is given");
}

void World::act(const TakeOver& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.unsettled, action, "there is nothing to take over");
    vrf.unsettled = false;
}

void World::act(const ForgetServer& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.process_id == action.pid, action, "another process is on record");
    require(!processes.contains(action.pid) || processes.at(action.pid).owner != Owner::us, action,
            "forgets a process of ours that runs");
    vrf.process_id.reset();
}

void World::act(const ClosePort& action, const Desired& /*desired*/)
{
    require(vrfs[action.vrf].ports.erase(action.index) == 1, action, "no such port is open");
}

void World::act(const StopServer& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.process_id == action.pid, action, "another process is on record");
    const auto process = processes.find(action.pid);
    require(process != processes.end(), action, "there is no such process");
    if (process != processes.end()) {
        require(process->second.owner == Owner::us && process->second.vrf == action.vrf, action,
                "signals a process that is not this VRF's");
        processes.erase(process);
    }
    vrf.process_id.reset();
}

void World::act(const CloseUplink& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.uplink.has_value(), action, "no uplink is open");
    vrf.uplink.reset();
    const bool last = std::none_of(vrfs.begin(), vrfs.end(), [](const auto& entry) { return entry.second.uplink; });
    if (hub != Owner::us && old_hub_alive && last) {
        end_old_hub();
    }
}

// Nothing holds it any more: the pairs in it go, both ends of each.
void World::end_old_hub()
{
    old_hub_alive = false;
    for (auto& [name, vrf] : vrfs) {
        vrf.kea_end = vrf.kea_end && !vrf.relay_end;
        vrf.relay_end = false;
        vrf.pair_in_order = false;
    }
}

void World::act(const RemovePair& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(hub == Owner::us || vrf.name_space == Owner::us, action, "would look in foreign namespaces");
    require(!known_process_runs(vrf), action, "a server still sits on it");
    require(!vrf.uplink, action, "an uplink is still open on it");
    // An end that only a foreign namespace holds is beyond our reach, and no pair of ours any more.
    vrf.relay_end = false;
    vrf.kea_end = false;
    vrf.pair_in_order = false;
}

void World::act(const RemoveNamespace& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.name_space == Owner::us, action, "the namespace is not ours");
    require(our_process(action.vrf) == nullptr, action, "a server still runs in it");
    require(!vrf.kea_end, action, "the pair still ends in it");
    vrf.name_space = Owner::nobody;
    vrf.nameless = false;
}

void World::act(const ForgetRecord& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.record, action, "there is no record");
    require(vrf.name_space != Owner::us && our_process(action.vrf) == nullptr, action,
            "the record is the only proof of what is left");
    vrf.record = false;
    vrf.slot.reset();
    vrf.process_id.reset();
}

void World::act(const CreateNamespace& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.name_space == Owner::nobody, action, "there is a namespace of that name");
    require(action.slot.value() < slot_limit, action, "that is no slot");
    require(!slot_in_live_use(action.vrf, action.slot), action, "another VRF's pair has these addresses");
    require(!vrf.process_id, action, "a process is still on record");
    vrf.name_space = Owner::us;
    vrf.nameless = false;
    vrf.kea_end = false; // one there may be is in the namespace that had the name before
    vrf.record = true;
    vrf.slot = action.slot;
}

void World::act(const CreatePair& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(hub == Owner::us && hub_in_order, action, "there is no hub of ours");
    require(vrf.name_space == Owner::us, action, "there is no namespace of ours");
    require(!pair_reachable(vrf), action, "something of a pair is there (EEXIST)");
    require(vrf.slot == action.slot, action, "another slot is on record");
    require(!slot_in_live_use(action.vrf, action.slot), action, "another VRF's pair has these addresses");
    vrf.relay_end = true;
    vrf.kea_end = true;
    vrf.pair_in_order = true;
    vrf.pair_damaged = false;
    vrf.pair_slot = action.slot;
    vrf.pair_index = new_index();
}

void World::act(const NameNamespace& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.name_space == Owner::us, action, "the namespace is not ours");
    require(vrf.nameless, action, "it has its name");
    vrf.nameless = false;
}

void World::act(const WriteRecord& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.name_space == Owner::us && vrf.slot, action, "there is nothing to write down");
    require(!vrf.record, action, "there is a record");
    vrf.record = true;
}

void World::act(const RepairPair& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(hub == Owner::us && hub_in_order, action, "there is no hub of ours");
    require(pair_stands(vrf), action, "there is no pair of ours");
    require(vrf.pair_damaged, action, "the pair is in order");
    require(vrf.slot == action.slot, action, "another slot is on record");
    vrf.pair_damaged = false;
}

void World::act(const OpenUplink& action, const Desired& /*desired*/)
{
    auto& vrf = vrfs[action.vrf];
    require(pair_ready(vrf), action, "there is no pair to open it on");
    require(!vrf.uplink, action, "an uplink is open");
    require(action.index == InterfaceIndex{} || action.index == vrf.pair_index, action, "the pair has another index");
    vrf.uplink = vrf.pair_index;
}

void World::act(const OpenPort& action, const Desired& desired)
{
    auto& vrf = vrfs[action.vrf];
    require(!vrf.ports.contains(action.index), action, "the port is open");
    require(!port_open_elsewhere(action.vrf, action.index), action, "another VRF has the port open (EADDRINUSE)");
    vrf.ports[action.index] = {desired.instances.at(action.vrf).ports.at(action.index).fingerprint, false};
}

void World::act(const StartServer& action, const Desired& desired)
{
    auto& vrf = vrfs[action.vrf];
    require(pair_ready(vrf), action, "there is no pair to listen on");
    require(vrf.uplink == vrf.pair_index, action, "nobody could talk to it");
    require(!anybody_at_leases(action.vrf), action, "a second server on one lease file");
    require(!vrf.process_id, action, "another process is on record");
    const auto& configuration = desired.instances.at(action.vrf).configuration_hash;
    vrf.process_id = start_process({Owner::us, action.vrf, configuration, false});
    vrf.recorded_configuration = configuration;
}

void World::act(const ReloadServer& action, const Desired& desired)
{
    auto& vrf = vrfs[action.vrf];
    require(vrf.process_id == action.pid, action, "another process is on record");
    const auto process = processes.find(action.pid);
    require(process != processes.end() && process->second.owner == Owner::us && process->second.vrf == action.vrf,
            action, "the process is not this VRF's");
    require(pair_ready(vrf), action, "the server's pair is not in order");
    if (process != processes.end()) {
        const auto& configuration = desired.instances.at(action.vrf).configuration_hash;
        require(process->second.configuration != configuration, action, "it runs this configuration");
        process->second.configuration = configuration;
        vrf.recorded_configuration = configuration;
    }
}

void World::carry_out(const Action& action, const Desired& desired)
{
    std::visit([&](const auto& one) { this->act(one, desired); }, action);
}

void World::fail_at(const Action& action, test::Generator& random)
{
    const bool half_done = random.chance(50);
    if (std::holds_alternative<CreateHub>(action) && half_done) {
        carry_out(action, {});
        hub_in_order = false;
    } else if (const auto* create = std::get_if<CreateNamespace>(&action); create != nullptr && half_done) {
        vrfs[create->vrf].record = true; // written, and then there was no namespace
        vrfs[create->vrf].slot = create->slot;
    } else if (const auto* pair = std::get_if<CreatePair>(&action); pair != nullptr && half_done) {
        carry_out(action, {});
        vrfs[pair->vrf].pair_in_order = false;
    } else if (const auto* removal = std::get_if<RemovePair>(&action); removal != nullptr && half_done) {
        vrfs[removal->vrf].pair_in_order = false;
    } else if (const auto* start = std::get_if<StartServer>(&action); start != nullptr && half_done) {
        vrfs[start->vrf].process_id = ProcessId{next_process_++}; // on record, and dead at once
        vrfs[start->vrf].recorded_configuration = "none";
    } else if (const auto* port = std::get_if<OpenPort>(&action); port != nullptr && half_done) {
        vrfs[port->vrf].ports[port->index] = {"", true};
    }
}
} // namespace keavrf::topology::model
