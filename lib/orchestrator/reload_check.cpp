// What a reload asks first, and changes nothing with: whether Kea would take each configuration.
#include "config/diff.hpp"
#include "core/log.hpp"
#include "core/slices.hpp"
#include "orchestrator/checker.hpp"
#include "orchestrator/orchestrator.hpp"

namespace keavrf::orchestrator {

namespace {

// Where the entry stands that a refusal is about; nothing for what the command line gave.
std::string place_of(const config::VrfSettings& entry)
{
    const auto& mark = entry.mark;
    return mark.file.empty() ? std::string()
                             : mark.file + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column) + ": ";
}

Complaint refusal_of(const VrfName& vrf, const std::string& where, const Error& why)
{
    const auto front = where + "vrf " + vrf.str() + ": ";
    const bool quotes = why.code() == kea::StartFailure::rejected;
    return {front + why.message(), front + (quotes ? std::string(untold) : why.message())};
}

} // namespace

asio::awaitable<std::vector<Complaint>> Orchestrator::async_check(topology::Domains domains)
{
    std::vector<Complaint> errors;
    for (const auto& [vrf, domain] : domains) {
        const auto told = wanted_.find(vrf);
        if (!domain.servable() || (told != wanted_.end() && told->second == domain)) {
            continue;
        }
        const auto checked = co_await async_check_one(domain);
        if (!checked) {
            errors.push_back(refusal_of(vrf, place_of(*domain.settings), checked.error()));
        }
    }
    co_return errors;
}

// By the live Kea where it would get another configuration. Where none runs that can be asked, or it does not answer
// (it hangs, and is killed meanwhile), by `kea-dhcp4 -t`: what becomes of that Kea says nothing about the
// configuration.
asio::awaitable<Result<void>> Orchestrator::async_check_one(topology::Domain domain)
{
    const auto* before = find(domain.name);
    const auto slot = before != nullptr ? before->slot() : Slot();
    Result<instance::Rendering> rendering{instance::Rendering()};
    SlicedWork work = [&](const Pause& pause) { rendering = instance::render_for(environment_, domain, slot, pause); };
    co_await async_in_slices(std::move(work));
    // Looked for again: it may have gone meanwhile, and another have come.
    auto* instance = find(domain.name);
    if (instance != nullptr && instance->slot() != slot) {
        instance = nullptr;
    }
    if (!rendering) {
        co_return rendering.error();
    }
    if (instance != nullptr && instance->server_ready()) {
        if (!instance->would_reload(*rendering)) {
            co_return Result<void>{};
        }
        const auto answered = co_await instance->async_test(rendering->text);
        if (answered || answered.error().code() == kea::StartFailure::rejected) {
            co_return answered;
        }
        log::info("reload.unanswered", domain.name,
                  "its Kea does not say what it thinks of the configuration: another is asked (kea-dhcp4 -t)",
                  {{"because", answered.error().message()}});
    }
    const auto tested = co_await async_check_configuration(environment_.settings->kea, environment_.kea_identity, slot,
                                                           rendering->text);
    co_return tested;
}

asio::awaitable<ReloadReport> Orchestrator::async_test(std::shared_ptr<const config::Settings> settings)
{
    while (!begun_) { // a signal may come before there is anything to reload
        co_await became_ready_.async_wait_until(Clock::time_point::max());
    }
    ReloadReport report;
    // By what is in force: a reload may be trying out another configuration meanwhile.
    for (const auto& problem : config::unchangeable(*this->settings(), *settings)) {
        report.add({plain_complaint(problem.text())});
    }
    const auto& memory = trial_ ? trial_->memory : memory_;
    const auto resolution = topology::resolve(*settings, network_, memory, Clock::now());
    const auto errors = co_await async_check(resolution.domains);
    report.add(errors);
    co_return report;
}

} // namespace keavrf::orchestrator
