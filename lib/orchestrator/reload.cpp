// Reload: all or nothing (DESIGN section 7).
#include "config/diff.hpp"
#include "core/log.hpp"
#include "orchestrator/checker.hpp"
#include "orchestrator/orchestrator.hpp"

#include <algorithm>

namespace keavrf::orchestrator {

namespace {

constexpr std::chrono::seconds settle_limit{30};

// Entries that did not change stay the same objects, so that the domains made of them compare equal and their instances
// are left alone.
std::shared_ptr<const config::Settings> keep_unchanged_entries(const config::Settings& running,
                                                               const config::Settings& wanted)
{
    auto merged = std::make_shared<config::Settings>(wanted);
    for (auto& entry : merged->vrfs) {
        const auto same = std::find_if(running.vrfs.begin(), running.vrfs.end(), [&entry](const auto& old) {
            return old->pattern == entry->pattern && config::same(*old, *entry);
        });
        if (same != running.vrfs.end()) {
            entry = *same;
        }
    }
    return merged;
}

} // namespace

asio::awaitable<std::vector<std::string>> Orchestrator::async_check(topology::Domains domains)
{
    std::vector<std::string> errors;
    for (const auto& [vrf, domain] : domains) {
        const auto told = wanted_.find(vrf);
        if (!domain.servable() || (told != wanted_.end() && told->second == domain)) {
            continue;
        }
        const auto checked = co_await async_check_one(domain);
        if (!checked) {
            errors.push_back("vrf " + vrf.str() + ": " + checked.error().message());
        }
    }
    co_return errors;
}

// By the live Kea where it would get another configuration; where none runs, by `kea-dhcp4 -t`.
asio::awaitable<Result<void>> Orchestrator::async_check_one(topology::Domain domain)
{
    auto* instance = find(domain.name);
    const auto slot = instance != nullptr ? instance->slot() : Slot();
    const auto rendering = instance::render_for(environment_, domain, slot);
    if (!rendering) {
        co_return rendering.error();
    }
    if (instance != nullptr && instance->server_pid() != ProcessId()) {
        if (!instance->would_reload(*rendering)) {
            co_return Result<void>{};
        }
        const auto tested = co_await instance->async_test(rendering->text);
        co_return tested;
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
    for (const auto& problem : config::unchangeable(*environment_.settings, *settings)) {
        report.errors.push_back(problem.text());
    }
    const auto resolution = topology::resolve(*settings, network_, memory_, Clock::now());
    const auto errors = co_await async_check(resolution.domains);
    report.errors.insert(report.errors.end(), errors.begin(), errors.end());
    co_return report;
}

asio::awaitable<ReloadReport> Orchestrator::async_reload(std::shared_ptr<const config::Settings> settings)
{
    const auto turn = co_await reloads_.async_acquire();
    settings = keep_unchanged_entries(*environment_.settings, *settings);
    auto report = co_await async_test(settings);
    if (!report.errors.empty()) {
        co_return report;
    }
    report.applied = true;
    environment_.settings = std::move(settings);
    const auto touched = apply(resolve_now());
    report.changed = touched.size();
    const auto deadline = Clock::now() + settle_limit;
    for (const auto& vrf : touched) {
        // Looked up for each: one that ends meanwhile is gone.
        if (auto* instance = find(vrf); instance != nullptr && !instance->ending()) {
            const auto settled = co_await instance->async_settled(deadline - Clock::now());
            if (!settled) {
                report.errors.push_back(settled.error().message());
            }
        }
    }
    co_return report;
}

} // namespace keavrf::orchestrator
