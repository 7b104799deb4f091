// What a run looks at: the system's tables and the journals after each fault, leases and leftovers at the end.
#include "links.hpp"
#include "run.hpp"
#include "support/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace keavrf::faults {

namespace {

using namespace std::chrono_literals;

constexpr unsigned newcomers = 5;
constexpr std::size_t last_bytes = 3000;
// With so many faults each kind comes, whatever the seed.
constexpr unsigned long_run = 500;

std::string last_words(const std::string& log)
{
    return log.substr(log.size() - std::min(log.size(), last_bytes));
}

} // namespace

void Run::check_tables(const std::string& fault)
{
    // One Kea may be on its way out while the next is already there for what does not touch leases (kea-dhcp4 -t).
    std::vector<std::string> doubled;
    const auto in_order = [&] { return (doubled = World::doubled_keas(world_.tenants)).empty(); };
    if (!world_.pass_until(in_order, world_.scaled(3s))) {
        for (const auto& text : doubled) {
            problem(fault + ": " + text);
        }
    }
    if (!world_.daemon_runs()) {
        problem(fault + ": keavrfd has ended:\n" + world_.daemon().log());
        world_.start_daemon();
    }
}

std::map<const Tenant*, pid_t> Run::keas() const
{
    std::map<const Tenant*, pid_t> found;
    for (const auto* tenant : world_.tenants) {
        // One that an earlier fault has still taken away cannot be replaced by this one.
        if (const auto pid = World::kea_of(*tenant); pid != 0) {
            found[tenant] = pid;
        }
    }
    return found;
}

void Run::check_keas(const std::string& fault, const std::map<const Tenant*, pid_t>& before)
{
    for (const auto& [tenant, pid] : before) {
        if (const auto now = World::kea_of(*tenant); now != pid) {
            problem(fault + ": the Kea of " + tenant->vrf + " has been replaced: it was " + std::to_string(pid) +
                    " and is " + std::to_string(now) + "; keavrfd's last words:\n" + last_words(world_.daemon().log()));
        }
    }
}

void Run::check_journals(const std::string& fault)
{
    const auto& violations = world_.judge.violations();
    for (; journal_violations_ < violations.size(); ++journal_violations_) {
        const auto& text = violations[journal_violations_];
        problem("after " + fault + ": " + text);
        table_.lost(fault, 1);
        for (const auto* tenant : world_.tenants) {
            for (unsigned number = 0; const auto& client : tenant->clients) {
                if (text.starts_with(describe({tenant->number, number++}) + " ")) {
                    std::cerr << client.journal();
                }
            }
        }
    }
}

void Run::verify_leases()
{
    for (auto* tenant : world_.tenants) {
        for (auto& client : tenant->clients) {
            client.verify();
        }
    }
    const auto everyone = [this] {
        return std::all_of(world_.tenants.begin(), world_.tenants.end(), [](const Tenant* tenant) {
            return std::all_of(tenant->clients.begin(), tenant->clients.end(),
                               [](const Client& client) { return client.resting(); });
        });
    };
    if (!world_.pass_until(everyone, world_.scaled(15s))) {
        for (const auto* tenant : world_.tenants) {
            for (unsigned number = 0; const auto& client : tenant->clients) {
                if (!client.resting()) {
                    problem(describe({tenant->number, number}) + " gets no word about its lease at the end");
                    std::cerr << client.journal();
                }
                ++number;
            }
        }
    }
}

// Whoever comes now must not be given what others hold.
void Run::check_newcomers()
{
    for (auto* tenant : world_.tenants) {
        std::list<Client> strangers;
        for (unsigned number = 0; number < newcomers; ++number) {
            const test::Mac mac{0x02, 0, 0, 0, 4, static_cast<std::uint8_t>(number)};
            tenant->prober->know(mac);
            auto& client =
                strangers.emplace_back(Who{tenant->number, 100 + number}, mac, false, world_.judge, world_.random);
            client.attach(tenant->wire);
            client.verify();
        }
        const auto served = [&] {
            const auto now = Clock::now();
            std::for_each(strangers.begin(), strangers.end(), [&](Client& client) { client.tick(now); });
            return std::all_of(strangers.begin(), strangers.end(),
                               [](const Client& client) { return client.resting(); });
        };
        if (!world_.pass_until(served, world_.scaled(10s))) {
            problem(tenant->vrf + ": newcomers get no lease at the end");
        }
    }
}

void Run::stop_daemon()
{
    world_.daemon().program().signal(SIGTERM);
    const auto code = world_.daemon().program().wait_for_exit(world_.scaled(10s));
    if (!code || *code != 0) {
        problem("keavrfd does not stop in order: " + (code ? "exit code " + std::to_string(*code) : "it still runs"));
    }
}

void Run::check_nothing_left()
{
    test::eventually([] { return test::Sandbox::leftovers().empty(); }, 5s);
    for (const auto& thing : test::Sandbox::leftovers()) {
        problem("left behind: " + thing);
    }
    const auto links = host_links();
    if (links != links_before_) {
        problem("the host's links are not what they were");
    }
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator("/run/keavrfd", none)) {
        problem("left behind: " + entry.path().string());
    }
    for (const auto& entry : std::filesystem::directory_iterator("/run", none)) {
        if (entry.path().filename().string().starts_with("keavrfd.")) {
            problem("left behind: " + entry.path().string());
        }
    }
}

void Run::check_all_came()
{
    if (table_.faults() < long_run) {
        return;
    }
    for (const auto& fault : faults_) {
        if (!injected_.contains(fault.name)) {
            problem(fault.name + " never came in " + std::to_string(table_.faults()) + " faults");
        }
    }
}

} // namespace keavrf::faults
