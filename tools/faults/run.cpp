#include "run.hpp"

#include "links.hpp"
#include "plants.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iostream>

namespace keavrf::faults {

namespace {

using namespace std::chrono_literals;

// How long the runs' last resort waits: backoff and everything else should have passed.
constexpr auto last_resort = Milliseconds(60s);
// Connections to Kea and the like that come and go.
constexpr std::size_t descriptor_slack = 4;

bool contains(const std::vector<std::string>& names, const std::string& name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

Run::Run(const Options& options) : options_(options), world_(options), choices_(options.seed)
{
    for (auto&& group : {process_faults(), network_faults()}) {
        for (const auto& fault : group) {
            const bool wanted =
                (options.only.empty() || contains(options.only, fault.name)) && !contains(options.without, fault.name);
            if (wanted && !(options.native && fault.needs_vrf_device)) {
                faults_.push_back(fault);
            }
        }
    }
    BOOST_REQUIRE_MESSAGE(!faults_.empty(), "--only and --without leave no fault here");
}

void Run::execute()
{
    links_before_ = host_links();
    world_.start_daemon();
    warm_up();
    start_ = Clock::now();
    if (!options_.plant.empty()) {
        run_plant();
    } else {
        while (goes_on()) {
            next_fault();
        }
    }
    check_newcomers();
    verify_leases();
    const auto descriptors = world_.daemon_descriptors();
    if (descriptors > descriptors_ + descriptor_slack) {
        problem("keavrfd holds " + std::to_string(descriptors) + " descriptors, and held " +
                std::to_string(descriptors_) + " at the start");
    }
    check_journals("(end)");
    stop_daemon();
    check_nothing_left();
    check_all_came();
    std::cout << table_.text() << table_.faults() << " faults, seed " << options_.seed << ", " << options_.vrfs
              << " VRFs, " << world_.judge.acknowledgements() << " acknowledgements, "
              << world_.judge.violations().size() << " losses or crossings, " << problems_ << " problems, "
              << world_.judge.excused_refusals() << " refusals while the lease disk was full\n";
}

void Run::warm_up()
{
    Milliseconds took{};
    const auto missing = await_service(Clock::now(), world_.scaled(20s), took);
    BOOST_REQUIRE_MESSAGE(missing.empty(), "keavrfd does not serve at the start:\n" << world_.daemon().log());
    const auto everyone = [this] {
        return std::all_of(world_.tenants.begin(), world_.tenants.end(), [](const Tenant* tenant) {
            return std::all_of(tenant->clients.begin(), tenant->clients.end(),
                               [](const Client& client) { return client.has_acquired(); });
        });
    };
    BOOST_REQUIRE_MESSAGE(world_.pass_until(everyone, world_.scaled(20s)), "clients get no leases at the start:\n"
                                                                               << world_.daemon().log());
    world_.pass(1s);
    descriptors_ = world_.daemon_descriptors();
}

bool Run::goes_on() const
{
    if (options_.minutes > 0) {
        return Clock::now() - start_ < std::chrono::duration<double>(options_.minutes * 60);
    }
    return table_.faults() < options_.faults;
}

Milliseconds Run::bound_of(const Tenant& tenant, Milliseconds base) const
{
    return base + world_.scaled(tenant.backoff.longest_delay());
}

std::vector<std::string> Run::await_service(Clock::time_point since, Milliseconds bound, Milliseconds& took)
{
    for (auto* tenant : world_.tenants) {
        tenant->prober->begin(since);
    }
    const auto late = [&](const Tenant& tenant) { return Clock::now() > since + bound_of(tenant, bound); };
    world_.pass_until(
        [&] {
            return std::all_of(world_.tenants.begin(), world_.tenants.end(),
                               [&](const Tenant* tenant) { return tenant->prober->served() || late(*tenant); });
        },
        last_resort * 3);
    std::vector<std::string> missing;
    took = Milliseconds(0);
    for (auto* tenant : world_.tenants) {
        const auto served = tenant->prober->served();
        if (!served) {
            missing.push_back(tenant->vrf);
            continue;
        }
        tenant->backoff.served(*served);
        took = std::max(took, std::chrono::duration_cast<Milliseconds>(*served - since));
    }
    return missing;
}

// The run goes on where it can: it waits longer, then starts everything anew.
void Run::rescue(const std::string& fault)
{
    Milliseconds took{};
    const bool served = await_service(Clock::now(), last_resort, took).empty();
    std::cerr << "chaos: " << fault
              << (served ? ": served again after " + std::to_string(took.count()) + " ms more"
                         : ": not served again; keavrfd and its Keas are started anew")
              << ". keavrfd's last words:\n"
              << world_.daemon().log().substr(std::max<std::size_t>(world_.daemon().log_size(), 6000) - 6000) << '\n';
    if (served) {
        return;
    }
    world_.kill_daemon();
    world_.remove_what_is_ours();
    world_.start_daemon();
    BOOST_REQUIRE_MESSAGE(await_service(Clock::now(), last_resort, took).empty(), "nothing helps:\n"
                                                                                      << world_.daemon().log());
}

void Run::run_plant()
{
    const auto* plant = find_plant(options_.plant);
    std::cerr << "chaos: planted: " << plant->name << "; to be noticed: " << plant->breaks << '\n';
    plant->lay(world_);
    world_.pass(world_.scaled(5s));
    check_tables(plant->name);
    check_journals(plant->name);
}

void Run::problem(const std::string& text)
{
    ++problems_;
    BOOST_ERROR(text);
}

} // namespace keavrf::faults
