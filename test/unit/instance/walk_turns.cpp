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
    const auto seen = life.trial.failed(failure, of_kea, "failed");
    life.machine.failed(failure == Failure::undo ? failure : seen, "failed", 0ms, 0.5, now_);
}

void Walk::died(const VrfName& name, std::chrono::milliseconds ran)
{
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
        life = Life{};
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
        }
    }
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
    fail(name, Failure::transient, true);
    life.killed = life.trial.failure().has_value();
    counts_["killed on trial"] += life.killed ? 1U : 0U;
    if (ran) {
        died(name, 90s);
    }
    return false;
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
