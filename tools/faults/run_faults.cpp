// What a run does to the VRFs, and how it judges that they recover.
#include "run.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <numeric>

namespace keavrf::faults {

namespace {

using namespace std::chrono_literals;

// How long the run waits at most, whatever the bounds are.
constexpr auto last_resort = Milliseconds(180s);

template <class T>
T& one_of(std::vector<T>& all, Random& random)
{
    return all[random() % all.size()];
}

bool go_together(const Fault& one, const Fault& other)
{
    return !(one.starts_keavrfd && other.spoils_file) && !(one.spoils_file && other.starts_keavrfd);
}

} // namespace

void Run::next_fault()
{
    world_.fault_random.seed(choices_());
    perform(choose_hits());
    world_.pass(Milliseconds(static_cast<long>(choices_() % 500)));
}

std::vector<Run::Hit> Run::choose_hits()
{
    auto tenants = world_.tenants;
    std::swap(tenants.front(), one_of(tenants, choices_));
    const auto& first = one_of(faults_, choices_);
    std::vector<Hit> hits{{first.name, tenants.front(), {&first}}};
    // Two at once: the second while the first is being mended. One that stops a Kea alone hides what the other does.
    if (options_.only.empty() && choices_() % 6 == 0) {
        hits.front().name = "two at once";
        const auto* second = &one_of(faults_, choices_);
        while (!go_together(first, *second)) {
            second = &one_of(faults_, choices_);
        }
        hits.front().faults.push_back(second);
        return hits;
    }
    if (first.wide) {
        return hits;
    }
    // And most of the other VRFs have a fault of their own while this one is being mended.
    std::vector<const Fault*> narrow;
    for (const auto& fault : faults_) {
        if (!fault.wide) {
            narrow.push_back(&fault);
        }
    }
    std::for_each(tenants.begin() + 1, tenants.end(), [&](Tenant* tenant) {
        if (choices_() % 8 != 0) {
            const auto* other = one_of(narrow, choices_);
            hits.push_back({other->name, tenant, {other}});
        }
    });
    return hits;
}

Milliseconds Run::Hit::bound() const
{
    return std::accumulate(faults.begin(), faults.end(), Milliseconds(0),
                           [](Milliseconds sum, const Fault* fault) { return sum + fault->bound; });
}

std::string Run::Hit::what() const
{
    std::string text;
    for (const auto* fault : faults) {
        text += (text.empty() ? "" : " and ") + fault->name;
    }
    return text + " (" + tenant->vrf + ")";
}

bool Run::Hit::mended() const
{
    return std::all_of(faults.begin(), faults.end(),
                       [this](const Fault* fault) { return !fault->mended || fault->mended(*tenant); });
}

void Run::inject(Hit& hit)
{
    for (const auto* fault : hit.faults) {
        if (fault->ends_kea) {
            hit.tenant->backoff.hit(Clock::now());
        }
        ++injected_[fault->name];
        fault->inject(world_, *hit.tenant);
    }
    hit.since = Clock::now();
    hit.tenant->prober->begin(hit.since);
}

void Run::perform(std::vector<Hit> hits)
{
    auto may_not_change = keas();
    std::erase_if(may_not_change, [](const auto& one) { return one.second == one.first->saw_full_disk; });
    std::string all;
    for (auto& hit : hits) {
        for (const auto* fault : hit.faults) {
            if (fault->ends_kea) {
                may_not_change.erase(hit.tenant);
            }
            if (fault->ends_all_keas) {
                may_not_change.clear();
            }
        }
        all += (all.empty() ? "" : ", ") + hit.what();
        inject(hit);
    }
    await_recovery(hits);
    std::vector<std::string> missing;
    for (const auto& hit : hits) {
        judge(hit, hits.size() == 1, missing);
    }
    judge_bystanders(hits, all, missing);
    if (missing.empty()) {
        check_keas(all, may_not_change);
    } else {
        rescue(all);
    }
    check_tables(all);
    check_journals(hits.front().name);
}

void Run::await_recovery(std::vector<Hit>& hits)
{
    const auto now = Clock::now();
    std::map<const Tenant*, Clock::time_point> ends;
    Milliseconds longest{};
    for (const auto& hit : hits) {
        longest = std::max(longest, world_.scaled(hit.bound()));
        ends[hit.tenant] = hit.since + bound_of(*hit.tenant, world_.scaled(hit.bound()));
    }
    for (auto* tenant : world_.tenants) {
        if (ends.emplace(tenant, now + bound_of(*tenant, longest)).second) {
            tenant->prober->begin(now);
        }
    }
    world_.pass_until(
        [&] {
            for (auto& hit : hits) {
                if (!hit.whole && hit.mended()) {
                    hit.whole = Clock::now();
                }
            }
            return std::all_of(world_.tenants.begin(), world_.tenants.end(), [&](const Tenant* tenant) {
                const bool whole = std::none_of(hits.begin(), hits.end(),
                                                [&](const Hit& hit) { return !hit.whole && hit.tenant == tenant; });
                return (whole && tenant->prober->served()) || Clock::now() > ends.at(tenant);
            });
        },
        last_resort);
}

// Alone it answers for every VRF, else for its own.
void Run::judge(const Hit& hit, bool alone, std::vector<std::string>& missing)
{
    const auto before = missing.size();
    auto took = std::chrono::duration_cast<Milliseconds>(hit.whole.value_or(hit.since) - hit.since);
    if (!hit.whole) {
        missing.emplace_back("what was broken is not mended");
    }
    for (auto* tenant : world_.tenants) {
        if (!alone && tenant != hit.tenant) {
            continue;
        }
        const auto served = tenant->prober->served();
        if (!served) {
            missing.push_back(tenant->vrf + " does not serve after " +
                              std::to_string(bound_of(*tenant, world_.scaled(hit.bound())).count()) + " ms");
            continue;
        }
        tenant->backoff.served(*served);
        took = std::max(took, std::chrono::duration_cast<Milliseconds>(*served - hit.since));
    }
    const bool missed = missing.size() > before;
    if (options_.verbose) {
        const auto at = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start_);
        std::cerr << std::setw(6) << at.count() << " s  " << hit.what() << ": "
                  << (missed ? "missed" : std::to_string(took.count()) + " ms") << '\n';
    }
    if (!missed) {
        table_.recovered(hit.name, took);
    }
    for (auto index = before; index < missing.size(); ++index) {
        table_.missed(hit.name, missing[index]);
        problem(hit.what() + ": " + missing[index]);
    }
}

// Where several were hit: who was not must have served all the same.
void Run::judge_bystanders(const std::vector<Hit>& hits, const std::string& what, std::vector<std::string>& missing)
{
    for (const auto* tenant : world_.tenants) {
        const bool hit = std::any_of(hits.begin(), hits.end(), [&](const Hit& one) { return one.tenant == tenant; });
        if (hits.size() > 1 && !hit && !tenant->prober->served()) {
            missing.push_back(tenant->vrf + " does not serve, and was not touched");
            table_.missed("(bystanders)", missing.back());
            problem(what + ": " + missing.back());
        }
    }
}

} // namespace keavrf::faults
