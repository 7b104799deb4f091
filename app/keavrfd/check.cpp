#include "check.hpp"

#include "config/print.hpp"
#include "core/exception_text.hpp"
#include "core/task_group.hpp"
#include "core/text.hpp"
#include "host.hpp"
#include "instance/instance.hpp"
#include "netlink/client.hpp"
#include "orchestrator/checker.hpp"
#include "topology/network.hpp"
#include "topology/resolve.hpp"

#include <unistd.h>

#include <exception>
#include <iostream>
#include <optional>
#include <set>
#include <vector>

namespace keavrf {

namespace {

struct Findings {
    std::vector<std::string> lines; // what was looked at
    std::vector<std::string> errors;
    int code = exit_success;
};

// What the host's links make of the settings now.
asio::awaitable<Result<topology::Domains>> async_resolve(const config::Settings& settings)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto client = netlink::Client::open(executor);
    if (!client) {
        co_return client.error();
    }
    const auto links = co_await client->async_links();
    if (!links) {
        co_return links.error();
    }
    const auto addresses = co_await client->async_addresses();
    if (!addresses) {
        co_return addresses.error();
    }
    topology::Network network;
    network.replace(*links, *addresses);
    const topology::Memory memory;
    co_return topology::resolve(settings, network, memory, Clock::now()).domains;
}

Result<instance::Rendering> render(const config::Settings& settings, const kea::Version& version,
                                   const topology::Domain& domain)
{
    instance::RenderingContext context;
    context.version = version;
    context.host = host_name();
    context.paths = instance::server_paths(domain.name, settings);
    return instance::render_dhcp4(domain, instance::pair_addresses(Slot()), context);
}

// Without root nothing is started as another user, and there is no identity.
asio::awaitable<Result<KeaOnHost>> async_look_for_kea(config::KeaSettings settings, bool with_kea)
{
    if (with_kea) {
        auto found = co_await async_find_kea(std::move(settings));
        co_return found;
    }
    std::optional<process::Identity> ourselves;
    const auto version = co_await kea::async_detect_version(settings.dhcp4, std::move(ourselves));
    if (!version) {
        co_return version.error();
    }
    KeaOnHost found;
    found.version = *version;
    co_return found;
}

struct Candidate {
    std::string title;
    topology::Domain domain;
};

// Every domain there is, and a stand-in for each entry that serves none now: what is wrong with it shall not be found
// when its first VRF appears.
std::vector<Candidate> candidates(const config::Settings& settings, const topology::Domains& domains)
{
    std::vector<Candidate> all;
    std::set<const config::VrfSettings*> in_use;
    for (const auto& [vrf, domain] : domains) {
        all.push_back({"vrf " + vrf.str(), domain});
        in_use.insert(domain.settings.get());
    }
    for (const auto& entry : settings.vrfs) {
        if (!in_use.contains(entry.get())) {
            topology::Domain stand_in;
            stand_in.name = VrfName("example");
            stand_in.settings = entry;
            stand_in.waiting_for = "no VRF that it would serve; checked as 'example'";
            all.push_back({"vrfs: \"" + entry->pattern + '"', std::move(stand_in)});
        }
    }
    return all;
}

asio::awaitable<void> async_check_candidate(const config::Settings& settings, KeaOnHost kea, Candidate candidate,
                                            bool with_kea, Findings& findings)
{
    const auto name = candidate.title + ": ";
    for (const auto& warning : candidate.domain.warnings) {
        findings.lines.push_back(name);
        findings.lines.back() += "warning: " + warning;
    }
    const auto rendering = render(settings, kea.version, candidate.domain);
    Result<void> checked;
    if (!rendering) {
        checked = rendering.error();
    } else if (with_kea) {
        checked = co_await orchestrator::async_check_configuration(settings.kea, kea.identity, Slot(), rendering->text);
    }
    if (!checked) {
        findings.errors.push_back(name + checked.error().message());
        findings.code = exit_config;
        co_return;
    }
    const auto waits = candidate.domain.servable() ? "" : "; would wait now: " + candidate.domain.waiting_for;
    findings.lines.push_back(name + (with_kea ? "accepted by Kea " + kea.version.str() : "rendered") + waits);
}

asio::awaitable<void> async_check(const config::Settings& settings, bool with_kea, Findings& findings)
{
    const auto kea = co_await async_look_for_kea(settings.kea, with_kea);
    if (!kea) {
        findings.errors.push_back(kea.error().message());
        findings.code = exit_host;
        co_return;
    }
    const auto domains = co_await async_resolve(settings);
    if (!domains) {
        findings.errors.push_back(domains.error().message());
        findings.code = exit_host;
        co_return;
    }
    for (auto& candidate : candidates(settings, *domains)) {
        co_await async_check_candidate(settings, *kea, std::move(candidate), with_kea, findings);
    }
}

asio::awaitable<void> async_keep_failure(asio::awaitable<void> task, std::exception_ptr* failure)
{
    try {
        co_await std::move(task);
    } catch (...) {
        *failure = std::current_exception();
    }
}

// Runs a task to its end; an exception becomes a finding.
void run_to_end(asio::io_context& context, asio::awaitable<void> task, Findings& findings)
{
    TaskGroup tasks(context.get_executor());
    std::exception_ptr failure;
    tasks.spawn("check", async_keep_failure(std::move(task), &failure));
    context.run();
    if (failure) {
        findings.errors.emplace_back("the check itself failed: " + text_of(failure));
        findings.code = exit_host;
    }
}

asio::awaitable<void> async_print(const config::Settings& settings, std::string vrf, Findings& findings)
{
    findings.code = exit_host;
    const auto domains = co_await async_resolve(settings);
    if (!domains) {
        findings.errors.push_back(domains.error().message());
        co_return;
    }
    const auto domain = domains->find(VrfName(vrf));
    if (domain == domains->end()) {
        findings.errors.push_back("vrf " + vrf + ": the configuration serves no VRF of that name on this host");
        co_return;
    }
    if (!domain->second.servable()) {
        findings.errors.push_back("vrf " + vrf + ": it would wait: " + domain->second.waiting_for);
    }
    const auto kea = co_await async_look_for_kea(settings.kea, missing_privileges().empty());
    if (!kea) {
        findings.errors.push_back(kea.error().message());
        co_return;
    }
    const auto rendering = render(settings, kea->version, domain->second);
    if (!rendering) {
        findings.errors.push_back("vrf " + vrf + ": " + rendering.error().message());
        findings.code = exit_config;
        co_return;
    }
    std::cout << rendering->text;
    findings.code = exit_success;
}

} // namespace

int check_configuration(const std::shared_ptr<const config::Settings>& settings, const Options& /*options*/)
{
    const auto missing = missing_privileges();
    const bool with_kea = missing.empty();
    asio::io_context context(1);
    Findings findings;
    run_to_end(context, async_check(*settings, with_kea, findings), findings);
    for (const auto& line : findings.lines) {
        std::cout << escape_controls(line) << '\n';
    }
    for (const auto& error : findings.errors) {
        std::cerr << escape_controls(error) << '\n';
    }
    for (const auto& problem : missing) {
        std::cout << "not checked by Kea itself, nor whether keavrfd may run here: " << problem << '\n';
    }
    if (findings.code == exit_success) {
        std::cout << "the configuration is in order\n";
    }
    return findings.code;
}

int print_configuration(const std::shared_ptr<const config::Settings>& settings, const Options& options)
{
    if (!options.print_vrf) {
        std::cout << config::print(*settings);
        return exit_success;
    }
    asio::io_context context(1);
    Findings findings;
    run_to_end(context, async_print(*settings, *options.print_vrf, findings), findings);
    for (const auto& error : findings.errors) {
        std::cerr << escape_controls(error) << '\n';
    }
    return findings.code;
}

} // namespace keavrf
