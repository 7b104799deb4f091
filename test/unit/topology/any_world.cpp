#include "unit/topology/any_world.hpp"

#include <algorithm>
#include <string>

namespace keavrf::topology::model {

using test::Generator;

namespace {

const std::vector<VrfName> names{VrfName("amber"), VrfName("blue"), VrfName("cyan")};
constexpr int interfaces = 4;

std::string configuration(Generator& random)
{
    return "h" + std::to_string(random.below(2));
}

std::string fingerprint(Generator& random)
{
    return "f" + std::to_string(random.below(2));
}

Owner owner(Generator& random, unsigned ours, unsigned foreign)
{
    const auto dice = random.below(100);
    if (dice < ours) {
        return Owner::us;
    }
    return dice < ours + foreign ? Owner::somebody_else : Owner::nobody;
}

void any_pair(World& world, VrfWorld& vrf, Generator& random)
{
    const bool relay_possible = world.hub == Owner::us || world.old_hub_alive;
    vrf.pair_slot = vrf.slot.value_or(Slot{slot_limit - 1});
    vrf.pair_index = world.new_index();
    vrf.relay_end = relay_possible && random.chance(75);
    vrf.kea_end = vrf.relay_end ? random.chance(90) : vrf.name_space == Owner::us && random.chance(15);
    vrf.pair_in_order = random.chance(75);
    vrf.pair_damaged = random.chance(35);
    if (random.chance(70)) {
        vrf.uplink = random.chance(85) ? vrf.pair_index : world.new_index();
    }
}

void any_process(World& world, const VrfName& name, VrfWorld& vrf, Generator& random)
{
    vrf.recorded_configuration = configuration(random);
    const auto dice = random.below(100);
    if (!vrf.record || dice < 20) {
        return;
    }
    if (dice < 70) {
        vrf.process_id = world.start_process({Owner::us, name, vrf.recorded_configuration, random.chance(15)});
    } else if (dice < 85) {
        vrf.process_id = world.start_process({Owner::somebody_else, name, "sshd", false});
    } else {
        vrf.process_id = ProcessId{1}; // gone
    }
}

VrfWorld any_vrf(World& world, const VrfName& name, Generator& random)
{
    VrfWorld vrf;
    vrf.name_space = owner(random, 70, 10);
    vrf.record = random.chance(vrf.name_space == Owner::us ? 85 : 40);
    vrf.nameless = vrf.name_space == Owner::us && random.chance(10);
    // In the daemon's memory, where the record is gone.
    if ((vrf.record || random.chance(70)) && random.chance(97)) {
        vrf.slot = Slot{static_cast<std::uint32_t>(random.below(random.chance(50) ? 4 : 40))};
    }
    if (random.chance(2)) {
        vrf.slot = Slot{slot_limit + static_cast<std::uint32_t>(random.below(10))};
    }
    any_pair(world, vrf, random);
    any_process(world, name, vrf, random);
    return vrf;
}

void any_open_ports(World& world, Generator& random)
{
    for (int index = 1; index <= interfaces; ++index) {
        const auto vrf = world.vrfs.find(random.one_of(names));
        if (vrf != world.vrfs.end() && random.chance(70)) {
            vrf->second.ports[InterfaceIndex{index}] = {fingerprint(random), random.chance(10)};
        }
    }
}

// Something happens to a VRF behind keavrfd's back.
void anything_happens_to(VrfWorld& vrf, World& world, Generator& random)
{
    const auto dice = random.below(8);
    if (dice == 0) {
        vrf.pair_in_order = false;
    } else if (dice == 1) {
        vrf.relay_end = false;
        vrf.kea_end = false;
    } else if (dice == 2 && vrf.name_space == Owner::us) {
        vrf.name_space = random.chance(50) ? Owner::nobody : Owner::somebody_else;
    } else if (dice == 3 && vrf.process_id && world.processes.contains(*vrf.process_id)) {
        auto& process = world.processes.at(*vrf.process_id);
        if (process.owner == Owner::us) {
            process = {Owner::somebody_else, VrfName(), "sshd", false}; // it died, and its number is another's
        }
    } else if (dice == 4) {
        for (auto& [index, socket] : vrf.ports) {
            socket.dead = true;
        }
    } else if (dice == 5) {
        vrf.pair_damaged = true;
    } else if (dice == 6) {
        vrf.nameless = vrf.name_space == Owner::us;
    } else if (dice == 7) {
        vrf.record = false;
    }
}

} // namespace

Desired any_desired(Generator& random)
{
    Desired desired;
    for (const auto& name : names) {
        if (random.chance(80)) {
            desired.instances[name] = {random.chance(80), {}, configuration(random)};
        }
    }
    for (int index = 1; index <= interfaces; ++index) {
        const auto wanted = desired.instances.find(random.one_of(names));
        if (wanted != desired.instances.end() && wanted->second.serve) {
            wanted->second.ports[InterfaceIndex{index}] = {"if" + std::to_string(index), fingerprint(random)};
        }
    }
    return desired;
}

World any_world(Generator& random)
{
    World world;
    world.hub = owner(random, 85, 5);
    world.hub_in_order = random.chance(90);
    world.old_hub_alive = world.hub != Owner::us && random.chance(60);
    for (const auto& name : names) {
        if (random.chance(75)) {
            world.vrfs[name] = any_vrf(world, name, random);
        }
    }
    any_open_ports(world, random);
    world.start_process({Owner::somebody_else, VrfName(), "init", false});
    return world;
}

void anything_happens(World& world, Generator& random)
{
    if (random.chance(75)) {
        anything_happens_to(world.vrfs[random.one_of(names)], world, random);
    } else if (world.hub == Owner::us && random.chance(50)) {
        world.hub_in_order = false;
    } else if (world.hub == Owner::us) {
        world.hub = random.chance(80) ? Owner::nobody : Owner::somebody_else;
        world.old_hub_alive = true;
    }
}

} // namespace keavrf::topology::model
