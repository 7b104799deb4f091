#include "walk.hpp"

#include <algorithm>
#include <vector>

namespace keavrf::instance::model {

using namespace std::chrono_literals;
using topology::model::Owner;

namespace {

const std::vector<VrfName> names{VrfName("amber"), VrfName("blue"), VrfName("cyan")};
constexpr int interfaces = 4;
const std::string good = "good";
const std::string refused = "refused"; // Kea takes every configuration but this one
const std::vector<std::string> configurations{good, "better", refused};

} // namespace

Walk::Walk(std::uint64_t seed, Counts& counts) : random_(seed), counts_(counts)
{
    world_.hub = Owner::us;
    world_.hub_in_order = true;
    for (const auto& name : names) {
        lives_.emplace(name, Life{});
    }
    wish();
}

void Walk::stormy(unsigned turns)
{
    failures_ = 15;
    for (unsigned turn = 0; turn < turns; ++turn) {
        if (random_.chance(30)) {
            happen();
        }
        if (random_.chance(15)) {
            wish();
        }
        all_turns();
        now_ += std::chrono::milliseconds(random_.below(4000));
    }
}

std::string Walk::calm()
{
    failures_ = 0;
    for (auto& [name, instance] : desired_.instances) {
        instance.configuration_hash = good;
    }
    for (auto& [name, vrf] : world_.vrfs) {
        vrf.name_space = vrf.name_space == Owner::somebody_else ? Owner::nobody : vrf.name_space;
    }
    for (int turn = 0; turn < 40; ++turn) {
        all_turns();
        now_ += 31s; // longer than every backoff
    }
    std::string wrong = world_.difference_from(desired_);
    for (const auto& [name, instance] : desired_.instances) {
        const auto state = lives_.at(name).machine.state();
        const auto expected = instance.serve ? State::serving : State::waiting;
        wrong += state == expected ? "" : name.str() + " is " + std::string(name_of(state)) + "\n";
    }
    for (const auto& rule : world_.broken_rules) {
        wrong += rule + "\n";
    }
    return wrong + complaints_;
}

void Walk::wish()
{
    desired_ = {};
    for (const auto& name : names) {
        if (random_.chance(85)) {
            desired_.instances[name] = {random_.chance(85), {}, random_.one_of(configurations)};
        }
    }
    for (int index = 1; index <= interfaces; ++index) {
        const auto wanted = desired_.instances.find(random_.one_of(names));
        if (wanted != desired_.instances.end() && wanted->second.serve) {
            wanted->second.ports[InterfaceIndex{index}] = {"if" + std::to_string(index), "f"};
        }
    }
    for (auto& [name, life] : lives_) {
        life.refused_last.clear();
    }
}

void Walk::happen()
{
    const auto& name = random_.one_of(names);
    auto& vrf = world_.vrfs[name];
    const bool runs = vrf.process_id && world_.processes.contains(*vrf.process_id) &&
                      world_.processes.at(*vrf.process_id).owner == Owner::us;
    switch (random_.below(11)) {
    case 8: // the runtime folder, with Kea's control socket in it
        for (auto& [other, seen] : world_.vrfs) {
            seen.record = false;
            if (runs && other == name) {
                world_.processes.at(*vrf.process_id).hangs = true;
            }
        }
        ++counts_["runtime folder wiped"];
        break;
    case 9:
        lives_.at(name).record_copy = false;
        break;
    case 10:
        begin_again();
        break;
    case 0:
        vrf.pair_damaged = true;
        break;
    case 1:
        vrf.relay_end = vrf.kea_end = false;
        break;
    case 2:
        vrf.nameless = vrf.name_space == Owner::us;
        break;
    case 3:
        vrf.record = false;
        break;
    case 4: // only where there is none of ours: ours is held by descriptor
        vrf.name_space = vrf.name_space == Owner::nobody ? Owner::somebody_else : vrf.name_space;
        break;
    case 5:
        vrf.name_space = vrf.name_space == Owner::somebody_else ? Owner::nobody : vrf.name_space;
        break;
    case 6:
        if (runs) {
            world_.processes.at(*vrf.process_id).hangs = true;
        }
        break;
    default:
        if (runs) {
            world_.processes.erase(*vrf.process_id);
            if (lives_.at(name).taken.empty()) {
                lives_.at(name).refused_last.clear();
            }
            fail(name, Failure::transient, std::chrono::milliseconds(1 + random_.below(100'000)));
        }
    }
}

void Walk::begin_again()
{
    ++counts_["killed"];
    const bool runtime_wiped = random_.chance(50);
    const bool state_wiped = random_.chance(20);
    for (const auto& name : names) {
        world_.vrfs[name].record = world_.vrfs[name].record && !runtime_wiped;
        lives_.at(name).record_copy = lives_.at(name).record_copy && !state_wiped;
    }
    for (const auto& name : names) {
        auto& vrf = world_.vrfs[name];
        const auto copy = lives_.at(name).record_copy;
        const auto taken = vrf.record ? lives_.at(name).taken : "";
        lives_.at(name) = Life{};
        lives_.at(name).record_copy = copy;
        lives_.at(name).taken = taken;
        vrf.uplink.reset();
        vrf.ports.clear();
        if (vrf.name_space == Owner::us && !vrf.record && !copy) {
            ++counts_["without proof"];
            abandon(vrf);
        }
        counts_["proved by the copy"] += vrf.name_space == Owner::us && !vrf.record ? 1U : 0U;
        vrf.record = vrf.name_space == Owner::us || vrf.record;
    }
}

void Walk::abandon(topology::model::VrfWorld& vrf)
{
    vrf.name_space = Owner::somebody_else;
    vrf.nameless = false;
    vrf.slot.reset();
    if (vrf.process_id && world_.processes.contains(*vrf.process_id)) {
        world_.processes.at(*vrf.process_id).owner = Owner::somebody_else;
    }
    vrf.process_id.reset();
}

bool Walk::falls_back(const VrfName& name) const
{
    const auto& life = lives_.at(name);
    const auto wanted = desired_.instances.find(name);
    return wanted != desired_.instances.end() && life.machine.refused(wanted->second.configuration_hash) &&
           !life.taken.empty() && life.taken != wanted->second.configuration_hash;
}

topology::Desired Walk::to_run(const VrfName& name) const
{
    auto desired = desired_;
    if (falls_back(name)) {
        desired.instances.at(name).configuration_hash = lives_.at(name).taken;
    }
    return desired;
}

void Walk::fail(const VrfName& name, Failure failure, std::chrono::milliseconds ran)
{
    lives_.at(name).machine.failed(failure, "failed", ran, 0.5, now_);
}

topology::Plan Walk::plan_of(const VrfName& name)
{
    const auto to_be = to_run(name);
    const auto wanted = to_be.instances.find(name);
    const auto* desired = wanted != to_be.instances.end() ? &wanted->second : nullptr;
    const auto observed = world_.observe().instances[name];
    const auto place = std::find(names.begin(), names.end(), name) - names.begin();
    return topology::plan_instance(name, desired, observed, Slot{static_cast<std::uint32_t>(place)});
}

void Walk::all_turns()
{
    // As the orchestrator's update(): what another VRF is to open is let go first.
    for (const auto& name : names) {
        for (const auto& action : plan_of(name)) {
            if (std::holds_alternative<topology::ClosePort>(action)) {
                world_.carry_out(action, desired_);
            }
        }
    }
    for (const auto& name : names) {
        turn(name);
    }
}

void Walk::turn(const VrfName& name)
{
    auto& life = lives_.at(name);
    const auto wanted = desired_.instances.find(name);
    Situation seen;
    seen.now = now_;
    seen.wanted = wanted != desired_.instances.end();
    seen.serve = seen.wanted && wanted->second.serve;
    seen.configuration_hash = seen.wanted ? wanted->second.configuration_hash : "";
    seen.falls_back = falls_back(name);
    seen.plan = plan_of(name);
    counts_["falls back"] += seen.falls_back ? 1U : 0U;
    const auto& vrf = world_.vrfs[name];
    seen.server_running = vrf.process_id && world_.processes.contains(*vrf.process_id);
    seen.open_ports = vrf.ports.size();
    const auto step = life.machine.next(seen);
    ++counts_["state " + std::string(name_of(life.machine.state()))];
    if (step.finished) {
        life = Life{};
        return;
    }
    for (const auto& action : seen.plan) {
        const bool may = step.allow == Allow::all || undoes(action);
        if (may && !std::holds_alternative<topology::Refuse>(action) && !carry_out(name, action)) {
            break;
        }
    }
}

bool Walk::carry_out(const VrfName& name, const topology::Action& action)
{
    const bool tells =
        std::holds_alternative<topology::StartServer>(action) || std::holds_alternative<topology::ReloadServer>(action);
    auto& life = lives_.at(name);
    const auto to_be = to_run(name);
    if (tells && to_be.instances.at(name).configuration_hash == refused) {
        complaints_ += life.refused_last == refused ? name.str() + ": told again what was refused\n" : "";
        life.refused_last = refused;
        fail(name, Failure::rejected);
        ++counts_["rejections"];
        return false;
    }
    if (random_.chance(failures_) && !std::holds_alternative<topology::ClosePort>(action)) {
        ++counts_["failures"];
        fail(name, Failure::transient);
        return false;
    }
    world_.carry_out(action, to_be);
    ++counts_[std::string(topology::kind_of(action))];
    if (tells) {
        life.taken = to_be.instances.at(name).configuration_hash;
        counts_["told what it took before"] += falls_back(name) ? 1U : 0U;
    }
    if (std::holds_alternative<topology::CreateNamespace>(action) ||
        std::holds_alternative<topology::WriteRecord>(action)) {
        life.record_copy = true;
    } else if (std::holds_alternative<topology::ForgetRecord>(action)) {
        life.record_copy = false;
    }
    return true;
}

} // namespace keavrf::instance::model
