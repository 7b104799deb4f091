#include "topology/plan.hpp"

#include <algorithm>
#include <tuple>

namespace keavrf::topology {

namespace {

constexpr auto foreign_namespace =
    "a namespace of that name exists and is not keavrfd's: it is left alone (remove it with `ip netns delete`, or set "
    "another netns-prefix)";
constexpr auto foreign_hub = "a namespace with the hub's name exists and is not keavrfd's: it is left alone, and no "
                             "VRF can be served (remove it "
                             "with `ip netns delete`, or set another netns-prefix)";
constexpr auto no_free_slot = "all link addresses are in use: no more VRFs can be served at once";

bool has_slot(const ObservedInstance& observed)
{
    return observed.slot && observed.slot->value() < slot_limit;
}

// Both ends are there and belong together.
bool stands(PairState pair)
{
    return pair == PairState::ready || pair == PairState::damaged;
}

// What of an instance may stay as it is; each needs the one before it.
struct Keep {
    bool name_space = false;
    bool pair = false;
    bool server = false;
    bool uplink = false;
};

Keep what_to_keep(bool build, const ObservedInstance& observed)
{
    Keep keep;
    keep.name_space = build && observed.name_space == Ownership::ours && has_slot(observed);
    keep.pair = keep.name_space && stands(observed.pair);
    keep.server =
        keep.pair && observed.server && observed.server->process == Ownership::ours && observed.server->in_order;
    // Sockets bound to a pair that was removed and made again are deaf: the index tells.
    keep.uplink = keep.pair && observed.uplink == observed.pair_index;
    return keep;
}

// Wanted as it is open: the same sockets will do.
bool port_in_order(const DesiredInstance* desired, InterfaceIndex index, const ObservedPort& port)
{
    if (desired == nullptr || port.failed) {
        return false;
    }
    const auto wanted = desired->ports.find(index);
    return wanted != desired->ports.end() && wanted->second.fingerprint == port.fingerprint;
}

// `desired` is null where nothing shall run.
class InstancePlanner {
public:
    InstancePlanner(const VrfName& vrf, const DesiredInstance* desired, const ObservedInstance& observed)
        : vrf_(vrf), desired_(desired), observed_(observed), keep_(what_to_keep(desired != nullptr, observed))
    {
        plan_.reserve(12 + observed.ports.size() + (desired != nullptr ? desired->ports.size() : 0));
    }

    void forget_what_is_stale()
    {
        if (observed_.server && observed_.server->process != Ownership::ours) {
            add(ForgetServer{vrf_, observed_.server->pid});
        }
    }

    void close_ports()
    {
        for (const auto& [index, port] : observed_.ports) {
            if (!port_in_order(desired_, index, port)) {
                add(ClosePort{vrf_, index});
            }
        }
    }

    void undo()
    {
        if (observed_.server && observed_.server->process == Ownership::ours && !keep_.server) {
            add(StopServer{vrf_, observed_.server->pid});
        }
        if (observed_.uplink && !keep_.uplink) {
            add(CloseUplink{vrf_});
        }
        if (observed_.pair != PairState::absent && !keep_.pair) {
            add(RemovePair{vrf_});
        }
        if (observed_.name_space == Ownership::ours && !keep_.name_space) {
            add(RemoveNamespace{vrf_});
        }
        if (observed_.record && desired_ == nullptr) {
            add(ForgetRecord{vrf_});
        }
    }

    void build(Slot free_slot)
    {
        const Slot slot = has_slot(observed_) ? *observed_.slot : free_slot;
        if (!keep_.name_space) {
            add(CreateNamespace{vrf_, slot});
        } else if (!observed_.named) {
            add(NameNamespace{vrf_});
        }
        if (keep_.name_space && !observed_.record) {
            add(WriteRecord{vrf_});
        }
        if (!keep_.pair) {
            add(CreatePair{vrf_, slot});
        } else if (observed_.pair == PairState::damaged) {
            add(RepairPair{vrf_, slot});
        }
        if (!keep_.uplink) {
            add(OpenUplink{vrf_, keep_.pair ? observed_.pair_index : InterfaceIndex{}});
        }
        open_ports();
        if (!keep_.server) {
            add(StartServer{vrf_});
        } else if (observed_.server->configuration_hash != desired_->configuration_hash) {
            add(ReloadServer{vrf_, observed_.server->pid});
        }
    }

    void add(Action action) { plan_.push_back(std::move(action)); }
    [[nodiscard]] Plan take() { return std::move(plan_); }

private:
    void open_ports()
    {
        for (const auto& [index, port] : desired_->ports) {
            const auto open = observed_.ports.find(index);
            if (open == observed_.ports.end() || !port_in_order(desired_, index, open->second)) {
                add(OpenPort{vrf_, index});
            }
        }
    }

    const VrfName& vrf_;
    const DesiredInstance* desired_;
    const ObservedInstance& observed_;
    Keep keep_;
    Plan plan_;
};

// Why a VRF that is to be served cannot be; empty: it can.
std::string obstacle(const ObservedInstance& observed, Slot slot)
{
    if (observed.name_space == Ownership::foreign) {
        return foreign_namespace;
    }
    if (!has_slot(observed) && slot.value() >= slot_limit) {
        return no_free_slot;
    }
    return {};
}

bool is_close_port(const Action& action)
{
    return std::holds_alternative<ClosePort>(action);
}

// Moved-from actions keep their kind.
template <class Wanted>
void move_actions(Plan& from, Plan& to, Wanted wanted)
{
    for (auto& action : from) {
        if (wanted(action)) {
            to.push_back(std::move(action));
        }
    }
}

bool wants_service(const Desired& desired, const VrfName& vrf)
{
    const auto instance = desired.instances.find(vrf);
    return instance != desired.instances.end() && instance->second.serve;
}

bool wanted_hub(const Desired& desired, const Observed& observed)
{
    return std::any_of(desired.instances.begin(), desired.instances.end(), [&](const auto& entry) {
        const auto seen = observed.instances.find(entry.first);
        return entry.second.serve &&
               (seen == observed.instances.end() || seen->second.name_space != Ownership::foreign);
    });
}

// Takes the slot from all but one of those that claim the same, and from those that claim what is no slot.
std::set<Slot> settle_slots(const Desired& desired, std::map<VrfName, ObservedInstance>& instances)
{
    std::vector<std::tuple<bool, bool, VrfName>> claims;
    for (const auto& [vrf, instance] : instances) {
        if (instance.slot) {
            const bool in_use = instance.unsettled || (stands(instance.pair) && instance.name_space == Ownership::ours);
            claims.emplace_back(!in_use, !wants_service(desired, vrf), vrf);
        }
    }
    std::sort(claims.begin(), claims.end());
    std::set<Slot> used;
    for (const auto& [to_be_built, unwanted, vrf] : claims) {
        auto& slot = instances.at(vrf).slot;
        if (slot->value() >= slot_limit || !used.insert(*slot).second) {
            slot.reset();
        }
    }
    return used;
}

} // namespace

ObservedInstance seen_under_hub(ObservedInstance observed, Ownership hub)
{
    if (hub != Ownership::ours && stands(observed.pair)) {
        observed.pair = PairState::broken;
    }
    if (hub != Ownership::ours && observed.name_space != Ownership::ours) {
        observed.pair = PairState::absent;
    }
    return observed;
}

Plan plan_hub(bool wanted, Ownership hub, bool ready)
{
    if (!wanted) {
        return {};
    }
    if (hub == Ownership::foreign) {
        return {RefuseHub{foreign_hub}};
    }
    if (hub == Ownership::absent) {
        return {CreateHub{}};
    }
    return ready ? Plan{} : Plan{RepairHub{}};
}

Plan plan_instance(const VrfName& vrf, const DesiredInstance* desired, const ObservedInstance& observed, Slot slot)
{
    if (observed.unsettled) {
        return {TakeOver{vrf}}; // whatever else were done might be done to, or beside, what is not known
    }
    const bool wanted = desired != nullptr && desired->serve;
    const std::string reason = wanted ? obstacle(observed, slot) : std::string();
    const bool build = wanted && reason.empty();
    InstancePlanner planner(vrf, build ? desired : nullptr, observed);
    if (!reason.empty()) {
        planner.add(Refuse{vrf, reason});
    }
    planner.forget_what_is_stale();
    planner.close_ports();
    planner.undo();
    if (build) {
        planner.build(slot);
    }
    return planner.take();
}

Plan plan(const Desired& desired, const Observed& observed)
{
    std::map<VrfName, ObservedInstance> instances;
    for (const auto& [vrf, instance] : observed.instances) {
        instances.emplace(vrf, seen_under_hub(instance, observed.hub));
    }
    FreeSlots free_slots(settle_slots(desired, instances));
    for (const auto& [vrf, instance] : desired.instances) {
        instances.try_emplace(vrf);
    }

    Plan result = plan_hub(wanted_hub(desired, observed), observed.hub, observed.hub_ready);
    std::vector<Plan> parts;
    parts.reserve(instances.size());
    std::size_t size = 1;
    for (const auto& [vrf, instance] : instances) {
        const auto wanted = desired.instances.find(vrf);
        DesiredInstance wish = wanted != desired.instances.end() ? wanted->second : DesiredInstance{};
        if (observed.hub == Ownership::foreign && instance.name_space != Ownership::foreign) {
            wish.serve = false; // RefuseHub has said why
        }
        const bool needs_slot = wish.serve && !instance.slot && instance.name_space != Ownership::foreign;
        const Slot slot = needs_slot ? free_slots.take() : Slot{};
        parts.push_back(plan_instance(vrf, &wish, instance, slot));
        size += parts.back().size();
    }
    result.reserve(size);
    for (auto& part : parts) {
        move_actions(part, result, is_close_port);
    }
    for (auto& part : parts) {
        move_actions(part, result, [](const Action& action) { return !is_close_port(action); });
    }
    return result;
}

Slot FreeSlots::take()
{
    while (used_.contains(Slot{next_})) {
        ++next_;
    }
    return Slot{next_++};
}

} // namespace keavrf::topology
