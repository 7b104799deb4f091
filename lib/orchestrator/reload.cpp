// Reload: all or nothing (DESIGN section 7).
#include "config/diff.hpp"
#include "core/log.hpp"
#include "orchestrator/orchestrator.hpp"
#include "orchestrator/patience.hpp"
#include "orchestrator/trial_targets.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace keavrf::orchestrator {

namespace {

constexpr std::chrono::seconds settle_limit{30};

// By name, once: to ask means to look at lease files.
std::map<VrfName, Clock::duration> longest_trials(const Orchestrator& orchestrator, const std::vector<VrfName>& tried)
{
    std::map<VrfName, Clock::duration> longest;
    for (const auto& vrf : tried) {
        const auto* instance = orchestrator.find(vrf);
        longest[vrf] = instance != nullptr ? instance->longest_trial() : Clock::duration::zero();
    }
    return longest;
}

std::vector<Complaint> too_late(const std::vector<VrfName>& outstanding)
{
    std::vector<Complaint> failures;
    failures.reserve(outstanding.size());
    for (const auto& vrf : outstanding) {
        failures.push_back(
            plain_complaint("vrf " + vrf.str() +
                            ": its Kea has not taken the configuration in time (its log says what it did; is the "
                            "machine overloaded, or its disk slow?)"));
    }
    return failures;
}

} // namespace

// A trial that ends by an exception, or is cancelled, leaves in force what was.
class TrialScope {
public:
    explicit TrialScope(Orchestrator& orchestrator) : orchestrator_(orchestrator) {}
    TrialScope(const TrialScope&) = delete;
    TrialScope& operator=(const TrialScope&) = delete;
    ~TrialScope() { orchestrator_.take_back_trial(); }

private:
    Orchestrator& orchestrator_;
};

Orchestrator::Verdict Orchestrator::judge_now(const std::vector<VrfName>& tried) const
{
    Verdict verdict;
    for (const auto& vrf : tried) {
        // Looked up for each: one that ends meanwhile is gone.
        const auto* instance = find(vrf);
        if (instance == nullptr || instance->ending()) {
            continue;
        }
        if (const auto& failure = instance->trial().failure()) {
            const auto front = "vrf " + vrf.str() + ": ";
            verdict.failures.push_back({front + *failure, front + std::string(untold)});
        } else if (instance->trial().outstanding()) {
            verdict.outstanding.push_back(vrf);
        }
    }
    return verdict;
}

// Until the Kea of each runs what it was told, or one has failed over it: the reasons of those.
asio::awaitable<std::vector<Complaint>> Orchestrator::async_judge(std::vector<VrfName> tried)
{
    const auto longest = longest_trials(*this, tried);
    Patience patience(Clock::now());
    while (true) {
        auto verdict = judge_now(tried);
        if (!verdict.failures.empty() || verdict.outstanding.empty()) {
            co_return verdict.failures;
        }
        std::vector<Clock::duration> times;
        for (const auto& vrf : verdict.outstanding) {
            times.push_back(longest.at(vrf));
        }
        const bool turned = co_await turned_.async_wait_until(patience.until(Clock::now(), times));
        if (!turned) {
            co_return too_late(verdict.outstanding);
        }
    }
}

// How it came out with one that is wanted. One that ends still, since a reload before had left it out, has to be gone
// first. One that this reload has touched is waited for as in a trial: a Kea may have many leases to load. That another
// is being worked on is no reason to wait as long.
asio::awaitable<Result<void>> Orchestrator::async_settle_one(VrfName vrf, bool touched, Clock::time_point begin)
{
    auto deadline = begin + settle_limit;
    for (auto* instance = find(vrf); instance != nullptr && instance->ending(); instance = find(vrf)) {
        const bool turned = co_await turned_.async_wait_until(deadline);
        if (!turned) {
            co_return Error("vrf " + vrf.str() + ": what served it before has not ended yet, and it begins again then");
        }
    }
    auto* instance = find(vrf);
    if (instance == nullptr) {
        co_return Result<void>(); // no longer wanted, or without a slot
    }
    if (auto outcome = instance->outcome()) {
        co_return *outcome;
    }
    if (touched) {
        deadline = std::max<Clock::time_point>(deadline, begin + instance->longest_trial());
    }
    auto settled = co_await instance->async_settled(deadline - Clock::now());
    co_return settled;
}

// What is wanted and not in place, touched or not: that a reload had nothing to change there does not mean that the
// configuration is in force there.
asio::awaitable<std::vector<Complaint>> Orchestrator::async_settle(Applied applied)
{
    std::vector<Complaint> errors;
    const auto begin = Clock::now();
    const std::set<VrfName> touched(applied.touched.begin(), applied.touched.end());
    for (const auto& vrf : applied.wanted) {
        const auto settled = co_await async_settle_one(vrf, touched.contains(vrf), begin);
        const auto* instance = find(vrf);
        if (settled || instance == nullptr) {
            continue;
        }
        const bool quotes = instance->machine().refused_configuration();
        const auto why = settled.error().message(); // error() is a temporary
        errors.push_back({why, quotes ? "vrf " + vrf.str() + ": " + std::string(untold) : why});
    }
    co_return errors;
}

// What was tried is not in force; nobody is told before the next look, which takes memory.
void Orchestrator::take_back_trial() noexcept
{
    if (!trial_) {
        return;
    }
    // A Kea that was started meanwhile goes by what was tried.
    told_kea_settings_ = std::exchange(environment_.settings, std::move(trial_->in_force));
    memory_ = std::move(trial_->memory);
    trial_.reset();
    changed_.notify();
}

Orchestrator::Applied Orchestrator::end_trial(bool taken)
{
    if (taken) {
        trial_.reset();
    } else {
        take_back_trial();
    }
    const auto domains = resolve_now();
    Applied applied;
    applied.touched = apply(domains);
    for (const auto& [vrf, domain] : domains) {
        applied.wanted.push_back(vrf);
    }
    return applied;
}

// The test said yes and the deed failed, on one VRF at least: back everywhere.
asio::awaitable<ReloadReport> Orchestrator::async_roll_back(std::vector<Complaint> failures)
{
    log::warning("reload.rollback", "",
                 "a configuration that passed its test could not be applied; the one before "
                 "goes back in on all VRFs");
    ReloadReport report;
    auto applied = end_trial(false);
    const auto again = co_await async_settle(std::move(applied));
    failures.insert(failures.end(), again.begin(), again.end());
    failures.push_back(
        plain_complaint(again.empty() ? "the configuration before is in force again on all VRFs"
                                      : "the configuration before is in force again, but not in place on all VRFs"));
    report.add(failures);
    co_return report;
}

// Those who try it out. Until all have taken it, nothing that only the new configuration asks for begins, and nothing
// that it leaves out ends: that could not be taken back.
std::set<VrfName> Orchestrator::begin_trial(std::shared_ptr<const config::Settings> settings)
{
    trial_ = Trial{environment_.settings, memory_};
    environment_.settings = std::move(settings);
    auto memory = memory_;
    const auto in_force = topology::resolve(*trial_->in_force, network_, memory, Clock::now()).domains;
    const auto wanted = topology::resolve(*environment_.settings, network_, memory, Clock::now()).domains;
    trial_->tried = concerned(in_force, wanted);
    std::erase_if(trial_->tried, [this](const VrfName& vrf) {
        const auto* instance = find(vrf);
        return instance == nullptr || instance->ending();
    });
    apply(resolve_now());
    return trial_->tried;
}

// But for those that get the slot of one that is on its way out.
std::vector<Complaint> Orchestrator::complaints_of_no_slot() const
{
    auto soon =
        std::count_if(instances_.begin(), instances_.end(), [](const auto& entry) { return entry.second->ending(); });
    std::vector<Complaint> complaints;
    for (const auto& vrf : without_slot_) {
        if (soon-- <= 0) {
            complaints.push_back(plain_complaint("vrf " + vrf.str() + ": " + std::string(no_slot)));
        }
    }
    return complaints;
}

asio::awaitable<ReloadReport> Orchestrator::async_reload(std::shared_ptr<const config::Settings> settings)
{
    const auto turn = co_await reloads_.async_acquire();
    // Entries that did not change stay the same objects: their instances are left alone.
    settings = config::with_unchanged_entries(*environment_.settings, *settings);
    auto report = co_await async_test(settings);
    if (!report.complaints.empty()) {
        co_return report;
    }
    const TrialScope scope(*this);
    const auto tried = begin_trial(std::move(settings));
    std::vector<VrfName> judged(tried.begin(), tried.end());
    auto failures = co_await async_judge(std::move(judged));
    if (!failures.empty()) {
        report = co_await async_roll_back(std::move(failures));
        co_return report;
    }
    report.applied = true;
    auto applied = end_trial(true);
    auto& touched = applied.touched;
    touched.insert(touched.end(), tried.begin(), tried.end());
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    report.changed = touched.size();
    const auto errors = co_await async_settle(std::move(applied));
    report.add(errors);
    report.add(complaints_of_no_slot());
    co_return report;
}

} // namespace keavrf::orchestrator
