#include "unit/instance/walk.hpp"

#include <algorithm>

namespace keavrf::instance::model {

using namespace std::chrono_literals;
using topology::Desired;
using topology::model::Owner;

bool Walk::falls_back(const VrfName& name) const
{
    const auto& life = lives_.at(name);
    const auto wanted = desired_.instances.find(name);
    return wanted != desired_.instances.end() && life.machine.refused(wanted->second.configuration_hash) &&
           !life.taken.empty() && life.taken != wanted->second.configuration_hash;
}

Desired Walk::to_run(const VrfName& name) const
{
    auto desired = desired_;
    if (falls_back(name)) {
        desired.instances.at(name).configuration_hash = lives_.at(name).taken;
    }
    return desired;
}

void Walk::fail(const VrfName& name, Failure failure, bool of_kea)
{
    auto& life = lives_.at(name);
    const auto seen = life.trial.failed(life.trial.tried(), failure, of_kea, "failed");
    life.machine.failed(failure == Failure::undo ? failure : seen, "failed", 0ms, 0.5, now_);
}

void Walk::died(const VrfName& name, std::chrono::milliseconds ran)
{
    lives_.at(name).occupancy.kea_was_lost(now_);
    lives_.at(name).machine.failed(Failure::transient, "died", ran, 0.5, now_);
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
    seen.trial_failed = life.trial.failure().has_value();
    seen.plan = plan_of(name);
    counts_["falls back"] += seen.falls_back ? 1U : 0U;
    const auto& vrf = world_.vrfs[name];
    seen.server_running = vrf.process_id && world_.processes.contains(*vrf.process_id);
    seen.open_ports = vrf.ports.size();
    auto step = life.machine.next(seen);
    if (flaw_) {
        flaw_(life.machine, seen, step);
    }
    ++counts_["state " + std::string(name_of(life.machine.state()))];
    if (step.finished) {
        const auto before = life;
        life = Life{};
        if (vrf.name_space == Owner::us) { // left behind; the next instance finds it by its record
            life.record_copy = before.record_copy;
            life.recorded = before.recorded;
            life.occupancy.inherited(runs(name), now_);
        }
        return;
    }
    bool acted = false;
    bool to_come = false;
    for (const auto& action : seen.plan) {
        const bool may = step.allow == Allow::all || (step.allow == Allow::undo && undoes(action));
        to_come = to_come || of_kea(action);
        if (may && !std::holds_alternative<topology::Refuse>(action)) {
            acted = true;
            if (!carry_out(name, action)) {
                break;
            }
            if (failures_ > 0 && random_.chance(1)) {
                begin_again(); // killed on its way
                return;
            }
        }
    }
    write_down(name);
    // As Instance::judge_trial().
    if (!acted && life.trial.outstanding() && !(to_come && life.machine.state() == State::backoff)) {
        life.trial.end();
    }
}

bool Walk::of_kea(const topology::Action& action)
{
    return std::holds_alternative<topology::StartServer>(action) ||
           std::holds_alternative<topology::ReloadServer>(action);
}

bool Walk::kill_by(const VrfName& name)
{
    auto& life = lives_.at(name);
    complaints_ += life.killed ? name.str() + ": told again what has killed it\n" : "";
    const auto& vrf = world_.vrfs[name];
    const bool ran = runs(name);
    if (ran) {
        world_.processes.erase(*vrf.process_id);
    }
    life.occupancy.kea_was_lost(now_);
    fail(name, Failure::transient, true);
    life.killed = life.trial.failure().has_value();
    counts_["killed on trial"] += life.killed ? 1U : 0U;
    if (ran) {
        died(name, 90s);
    }
    return false;
}

bool Walk::lock_is_held(const VrfName& name) const
{
    return std::any_of(world_.processes.begin(), world_.processes.end(), [&](const auto& entry) {
        const auto& process = entry.second;
        return process.vrf == name && process.locked && (process.owner == Owner::us || process.at_leases);
    });
}

// As Instance::async_be_alone().
bool Walk::be_alone(const VrfName& name)
{
    auto& life = lives_.at(name);
    if (!life.occupancy.unknown_since()) {
        return true;
    }
    if (!end_strays(name)) {
        ++counts_["suspect in the way"];
        return false;
    }
    life.occupancy.found_alone();
    return true;
}

// As Instance::async_start_server() and kea::Server::async_start().
bool Walk::start_server(const VrfName& name, const topology::Action& action, const Desired& to_be)
{
    const bool in_use = !be_alone(name) || lock_is_held(name) || (tells_writers_ && world_.anybody_at_leases(name));
    if (in_use) {
        ++counts_["lease file in use"];
        end_strays(name);
        fail(name, Failure::transient, !lives_.at(name).trial.outstanding());
        return false;
    }
    world_.carry_out(action, to_be);
    if (failures_ > 0 && random_.chance(3)) {
        ++counts_["killed before the record"];
        begin_again();
        return false;
    }
    return true;
}

// As Instance::async_clear_out().
bool Walk::undo_safely(const VrfName& name, const topology::Action& action)
{
    if (!std::holds_alternative<topology::RemoveNamespace>(action)) {
        return true;
    }
    if (lock_is_held(name)) {
        lives_.at(name).occupancy.lock_is_held(now_);
    }
    if (!be_alone(name)) {
        fail(name, Failure::undo, false);
        return false;
    }
    return true;
}

bool Walk::carry_out(const VrfName& name, const topology::Action& action)
{
    const bool tells = of_kea(action);
    auto& life = lives_.at(name);
    const auto to_be = to_run(name);
    if (tells && to_be.instances.at(name).configuration_hash == refused) {
        complaints_ += life.refused_last == refused ? name.str() + ": told again what was refused\n" : "";
        life.refused_last = refused;
        fail(name, Failure::rejected, true);
        ++counts_["rejections"];
        return false;
    }
    if (tells && to_be.instances.at(name).configuration_hash == deadly) {
        return kill_by(name);
    }
    if (random_.chance(failures_) && !std::holds_alternative<topology::ClosePort>(action)) {
        ++counts_["failures"];
        counts_["undo failures"] += undoes(action) ? 1U : 0U;
        fail(name, undoes(action) ? Failure::undo : Failure::transient, tells);
        return false;
    }
    const bool writes = std::holds_alternative<topology::CreateNamespace>(action) ||
                        std::holds_alternative<topology::WriteRecord>(action) ||
                        std::holds_alternative<topology::ReloadServer>(action);
    // On trial a full disk counts as a refusal, and so it would where the same was wanted before (trial.hpp).
    if (writes && disk_full_ && !life.trial.outstanding()) {
        ++counts_["no room for a record"];
        fail(name, Failure::transient, tells);
        return false;
    }
    if (!undo_safely(name, action)) {
        return false;
    }
    const bool starts = std::holds_alternative<topology::StartServer>(action);
    if (starts && !start_server(name, action, to_be)) {
        return false;
    }
    if (!starts) {
        world_.carry_out(action, to_be);
    }
    if (std::holds_alternative<topology::TakeOver>(action)) {
        settle(name);
    }
    write_down(name);
    ++counts_[std::string(topology::kind_of(action))];
    if (std::holds_alternative<topology::CreateNamespace>(action)) {
        life.occupancy.made();
    }
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
