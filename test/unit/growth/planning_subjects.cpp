#include "instance/rendering.hpp"
#include "topology/automatic_subnets.hpp"
#include "topology/plan.hpp"
#include "unit/growth/subject.hpp"

#include <cstdlib>
#include <memory>
#include <set>
#include <string>

namespace keavrf::growth {

namespace {

using namespace topology;

DesiredInstance wanted(int ports)
{
    DesiredInstance made;
    made.serve = true;
    made.configuration_hash = "new";
    for (int at = 1; at <= ports; ++at) {
        made.ports.emplace(InterfaceIndex(at), DesiredPort{"m" + std::to_string(at), "new"});
    }
    return made;
}

ObservedInstance running(Slot slot, int ports)
{
    ObservedInstance made;
    made.slot = slot;
    made.record = true;
    made.name_space = Ownership::ours;
    made.pair = PairState::ready;
    for (int at = 1; at <= ports; ++at) {
        made.ports.emplace(InterfaceIndex(at), ObservedPort{"m" + std::to_string(at), "old", false});
    }
    return made;
}

// All of its ports have to be opened anew.
Work ports_of_one_vrf(int count)
{
    const auto desired = std::make_shared<DesiredInstance>(wanted(count));
    const auto observed = std::make_shared<ObservedInstance>(running(Slot(0), count));
    return [=] {
        const auto actions = plan_instance(VrfName("red"), desired.get(), *observed, Slot(0));
        if (actions.size() < 2 * desired->ports.size()) {
            std::abort();
        }
    };
}

Work planning(Desired desired, Observed observed)
{
    const auto wish = std::make_shared<Desired>(std::move(desired));
    const auto seen = std::make_shared<Observed>(std::move(observed));
    return [=] {
        if (plan(*wish, *seen).size() < wish->instances.size()) {
            std::abort();
        }
    };
}

Desired many_wanted(int count)
{
    Desired desired;
    for (int at = 0; at < count; ++at) {
        desired.instances.emplace(VrfName("red" + std::to_string(at)), wanted(1));
    }
    return desired;
}

Work vrfs_from_nothing(int count)
{
    return planning(many_wanted(count), {});
}

// Half of them claim a slot that another one has.
Work vrfs_that_stand(int count)
{
    Observed observed;
    observed.hub = Ownership::ours;
    observed.hub_ready = true;
    for (int at = 0; at < count; ++at) {
        observed.instances.emplace(VrfName("red" + std::to_string(at)),
                                   running(Slot(static_cast<std::uint32_t>(at / 2)), 1));
    }
    return planning(many_wanted(count), observed);
}

Work slots(int count)
{
    return [count] {
        std::set<Slot> used;
        for (int at = 0; at < count; ++at) {
            used.insert(Slot(static_cast<std::uint32_t>(2 * at)));
        }
        FreeSlots free_slots(used);
        for (int at = 0; at < count; ++at) {
            if (used.contains(free_slots.take())) {
                std::abort();
            }
        }
    };
}

Domain domain_of(int subnets, bool shared)
{
    auto entry = std::make_shared<config::VrfSettings>();
    entry->pattern = "red";
    Domain domain;
    domain.name = VrfName("red");
    domain.settings = entry;
    for (int at = 0; at < subnets; ++at) {
        const Ipv4Address router((10U << 24U) + (static_cast<std::uint32_t>(at) << 8U) + 1U);
        const Ipv4Prefix prefix(router, 24);
        domain.subnets.push_back({prefix, pools_of(prefix, {router}), router, shared ? "m0" : ""});
    }
    return domain;
}

Work rendering(int count, bool shared)
{
    const auto domain = std::make_shared<Domain>(domain_of(count, shared));
    return [domain] {
        const auto paths = kea::dhcp4_paths("/run/keavrfd", "/var/lib/keavrfd", "/var/log/keavrfd", domain->name);
        const instance::RenderingContext context{{2, 2, 0}, "box", paths, {}};
        const auto made = instance::render_dhcp4(*domain, instance::pair_addresses(Slot(0)), context);
        if (!made || made->subnets.size() != domain->subnets.size() ||
            instance::rendered(made->text).hash != made->hash) {
            std::abort();
        }
    };
}

Work subnets(int count)
{
    return rendering(count, false);
}

Work shared_network(int count)
{
    return rendering(count, true);
}

} // namespace

std::vector<Subject> planning_subjects()
{
    return {{"the plan of one VRF's ports", ports_of_one_vrf},
            {"the plan of VRFs from nothing", vrfs_from_nothing},
            {"the plan of VRFs of which two claim a slot each", vrfs_that_stand},
            {"free slots", slots},
            {"rendering subnets", subnets, linear},
            {"rendering a shared network", shared_network, linear}};
}

} // namespace keavrf::growth
