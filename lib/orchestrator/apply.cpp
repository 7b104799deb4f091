// Settings and network to instances: what each shall be, and which begin and end for it.
#include "core/log.hpp"
#include "orchestrator/orchestrator.hpp"
#include "orchestrator/trial_targets.hpp"
#include "topology/plan.hpp"

#include <algorithm>
#include <set>

namespace keavrf::orchestrator {

topology::Domains Orchestrator::resolve_by(const config::Settings& settings, topology::Memory& memory)
{
    auto resolution = topology::resolve(settings, network_, memory, Clock::now());
    memory = std::move(resolution.memory);
    if (resolution.deadline) {
        deadline_ = std::min(deadline_.value_or(*resolution.deadline), *resolution.deadline);
    }
    return std::move(resolution.domains);
}

topology::Domains Orchestrator::resolve_now()
{
    seen_revision_ = network_.revision();
    deadline_.reset();
    return trial_ ? resolve_trial() : resolve_by(*environment_.settings, memory_);
}

topology::Domains Orchestrator::resolve_trial()
{
    const auto in_force = resolve_by(*trial_->in_force, trial_->memory);
    const auto on_trial = resolve_by(*environment_.settings, memory_);
    return trial_targets(in_force, on_trial, trial_->tried);
}

std::vector<VrfName> Orchestrator::update_instances(const topology::Domains& domains)
{
    std::vector<VrfName> touched;
    for (const auto& [vrf, instance] : instances_) {
        const auto wanted = domains.find(vrf);
        if (wanted != domains.end() && !instance->ending() && !(wanted_[vrf] == wanted->second)) {
            log_warnings(wanted->second);
            if (trial_ && trial_->tried.contains(vrf)) {
                instance->try_out(wanted->second);
            } else {
                instance->update(wanted->second);
            }
            wanted_[vrf] = wanted->second; // told again where there was no memory for all of it
            port_owners_.forget();
            judge(topology::judge_ports(network_, wanted->second)); // made of what was known then
            touched.push_back(vrf);
        }
    }
    turned_.notify_all(); // who tries a configuration out may have lost what it was for
    return touched;
}

// Of those that are in no Kea's configuration, and in force.
void Orchestrator::tell_instances_of_kea_settings()
{
    if (told_kea_settings_->kea != settings()->kea) {
        for (const auto& [vrf, instance] : instances_) {
            instance->settings_changed();
        }
    }
    told_kea_settings_ = settings(); // all of them again where there was no memory for one
}

std::vector<VrfName> Orchestrator::apply(const topology::Domains& domains)
{
    tell_instances_of_kea_settings();
    std::vector<VrfName> touched;
    // Existing instances first: an interface that moved must be let go before another VRF opens it.
    for (const auto& [vrf, instance] : instances_) {
        if (!domains.contains(vrf)) {
            if (!instance->ending()) {
                touched.push_back(vrf);
            }
            end_instance(*instance, "no longer wanted");
        }
    }
    std::erase_if(without_slot_, [&domains](const VrfName& vrf) { return !domains.contains(vrf); });
    const auto updated = update_instances(domains);
    touched.insert(touched.end(), updated.begin(), updated.end());
    std::optional<topology::FreeSlots> free_slots; // looked for once: a thousand VRFs may begin together
    for (const auto& [vrf, domain] : domains) {
        if (!instances_.contains(vrf)) {
            if (!free_slots) {
                free_slots = find_free_slots();
            }
            if (begin_instance(domain, *free_slots)) {
                touched.push_back(vrf);
            }
        }
    }
    return touched;
}

topology::FreeSlots Orchestrator::find_free_slots() const
{
    std::set<Slot> used;
    for (const auto& [vrf, instance] : instances_) {
        used.insert(instance->slot());
    }
    for (const auto& [vrf, left] : estate_.instances) {
        used.insert(left.record.slot);
    }
    return topology::FreeSlots(std::move(used));
}

bool Orchestrator::begin_instance(const topology::Domain& domain, topology::FreeSlots& free_slots)
{
    const auto left = estate_.instances.find(domain.name);
    const bool has_slot = left != estate_.instances.end() && !left->second.slot_taken;
    const auto slot = has_slot ? left->second.record.slot : free_slots.take();
    if (slot.value() >= slots_) {
        if (without_slot_.insert(domain.name).second) {
            log::error("instance.no-slot", domain.name, std::string(no_slot));
        }
        return false; // what is left of it is taken down with all that nobody goes on with
    }
    auto inherited = estate_.instances.extract(domain.name);
    without_slot_.erase(domain.name);
    log::info("instance.new", domain.name, "a DHCP domain appears",
              {{"slot", slot.value()}, {"entry", domain.settings->pattern}});
    log_warnings(domain);
    auto made = std::make_unique<instance::Instance>(environment_, domain.name, slot);
    made->update(domain);
    wanted_[domain.name] = domain;
    port_owners_.forget();
    if (!inherited.empty()) {
        made->inherit(std::move(inherited.mapped()));
    }
    start(std::move(made));
    return true;
}

void Orchestrator::start(std::unique_ptr<instance::Instance> instance)
{
    const auto vrf = instance->vrf();
    auto& task = tasks_of_[vrf]; // before it runs: one that runs and is not known to would be forgotten
    auto& running = *instances_.emplace(vrf, std::move(instance)).first->second;
    task = instance_tasks_.spawn("vrf " + vrf.str(), run_instance(running));
}

// Ours, and nobody wants it: taken down as every instance is.
void Orchestrator::end_unwanted_estate()
{
    auto estate = std::move(estate_);
    estate_ = {};
    for (auto& [vrf, inheritance] : estate.instances) {
        auto made = std::make_unique<instance::Instance>(environment_, vrf, inheritance.record.slot);
        auto& instance = *made;
        made->inherit(std::move(inheritance));
        start(std::move(made));
        end_instance(instance, "left by an earlier keavrfd, and no longer wanted");
    }
}

void Orchestrator::end_instance(instance::Instance& instance, const std::string& why)
{
    if (instance.ending()) {
        return;
    }
    log::info("instance.end", instance.vrf(), why);
    instance.end(why);
    instance_tasks_.stop(tasks_of_[instance.vrf()]);
}

// Each warning once, until it is no longer true.
void Orchestrator::log_warnings(const topology::Domain& domain)
{
    auto& warned = warned_[domain.name];
    for (const auto& warning : topology::news_among(domain.warnings, warned)) {
        log::warning("domain.warning", domain.name, warning);
    }
    warned = domain.warnings;
}

} // namespace keavrf::orchestrator
