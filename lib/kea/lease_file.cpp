#include "kea/lease_file.hpp"

#include "core/log.hpp"
#include "kea/lease_set.hpp"
#include "kea/lease_work.hpp"
#include "process/run.hpp"

#include <boost/json/parse.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

constexpr Clock::duration usual_time = std::chrono::seconds(30);
constexpr Clock::duration longest_allowance = std::chrono::minutes(10);
constexpr std::uint64_t bytes_a_second = std::uint64_t{1} << 20U;
constexpr std::uint64_t block_bytes = 512; // of st_blocks
// Some twenty million leases.
constexpr rlim_t memory_limit = rlim_t{1} << 30U;

// The sanitizers reserve more than that for themselves.
#ifdef __SANITIZE_ADDRESS__
constexpr bool limits_memory = false;
#else
constexpr bool limits_memory = true;
#endif

LeaseFindings work_within_memory(const LeaseTask& task, bool mend)
{
    try {
        return work_on_leases(task.lease_file, task.subnets, mend);
    } catch (const std::bad_alloc&) {
        return nothing_seen(task.lease_file, "it would need more than " + std::to_string(memory_limit >> 20U) +
                                                 " MiB of memory to look at");
    }
}

// A lower one that keavrfd is under already cannot be raised.
rlim_t data_limit()
{
    rlimit limit{};
    return ::getrlimit(RLIMIT_DATA, &limit) == 0 ? std::min(memory_limit, limit.rlim_max) : memory_limit;
}

process::SpawnOptions child_for(const LeaseTask& task, bool mend)
{
    process::SpawnOptions options;
    options.path = "keavrfd-leases";
    options.identity = task.identity;
    options.standard_input = task.lock;
    if (limits_memory) {
        const auto limit = data_limit();
        options.limits = {{RLIMIT_DATA, limit, limit}};
    }
    options.work = [task, mend] {
        auto text = to_text(work_within_memory(task, mend));
        while (!text.empty()) {
            const auto count = ::write(STDOUT_FILENO, text.data(), text.size());
            if (count < 0 && errno != EINTR) {
                return 1;
            }
            text.erase(0, count > 0 ? static_cast<std::size_t>(count) : 0);
        }
        return 0;
    };
    return options;
}

bool any_is_there(const std::string& lease_file)
{
    struct stat status {};
    const auto files = lease_files(lease_file);
    return std::any_of(files.begin(), files.end(),
                       [&](const LeaseFile& file) { return ::lstat(file.path.c_str(), &status) == 0; });
}

std::string seconds_text(Clock::duration duration)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

asio::awaitable<Result<LeaseFindings>> async_work(LeaseTask task, bool mend)
{
    const auto limit = usual_time + lease_allowance(task.lease_file);
    auto options = child_for(task, mend);
    const auto ran = co_await process::async_run(std::move(options), limit);
    if (!ran && ran.error().is(ETIMEDOUT)) {
        co_return nothing_seen(task.lease_file, "to look at it took longer than " + seconds_text(limit));
    }
    if (!ran) {
        co_return ran.error();
    }
    if (!ran->status.success()) {
        co_return Error("whoever looks at the lease file " + task.lease_file + " was stopped: it " +
                        ran->status.describe());
    }
    co_return parse_findings(ran->output);
}

void tell(const VrfName& vrf, const LeaseFinding& finding)
{
    if (!finding.unseen.empty()) {
        log::warning("leases.unseen", vrf, "whether the lease file is whole cannot be told: " + finding.unseen,
                     {{"file", finding.path}});
    }
    if (finding.mended) {
        log::warning("leases.mended", vrf,
                     "the lease file was not whole, as a full disk or a kill leaves it; no lease that Kea had "
                     "acknowledged is lost",
                     {{"file", finding.path},
                      {"rows-separated", finding.separated},
                      {"parts-removed", finding.torn},
                      {"never-acknowledged", finding.ghosts}});
    }
    for (const auto& line : finding.examples) {
        log::warning(
            "leases.unreadable", vrf,
            "a line of the lease file is no lease, and what it was cannot be told; Kea will skip it",
            {{"file", finding.path}, {"line", line.number}, {"text", line.text}, {"lines", finding.unreadable}});
    }
}

void add_subnets(const json::value* list, LeaseSubnets& subnets)
{
    if (list == nullptr || !list->is_array()) {
        return;
    }
    for (const auto& entry : list->get_array()) {
        const auto* subnet = entry.if_object();
        const auto* id = subnet == nullptr ? nullptr : subnet->if_contains("id");
        const auto* text = subnet == nullptr ? nullptr : subnet->if_contains("subnet");
        if (id == nullptr || text == nullptr || !text->is_string()) {
            continue;
        }
        boost::system::error_code no_number;
        const auto number = id->to_number<std::uint32_t>(no_number);
        const auto prefix = Ipv4Prefix::parse(std::string_view(text->get_string()), true);
        if (!no_number && prefix) {
            subnets[number] = *prefix;
        }
    }
}

} // namespace

LeaseSubnets lease_subnets(std::string_view configuration)
{
    LeaseSubnets subnets;
    boost::system::error_code error;
    const auto value = json::parse(configuration, error);
    const auto* root = error ? nullptr : value.if_object();
    const auto* inner = root == nullptr ? nullptr : root->if_contains("Dhcp4");
    const auto* dhcp4 = inner == nullptr ? nullptr : inner->if_object();
    if (dhcp4 == nullptr) {
        return subnets;
    }
    add_subnets(dhcp4->if_contains("subnet4"), subnets);
    const auto* networks = dhcp4->if_contains("shared-networks");
    if (networks != nullptr && networks->is_array()) {
        for (const auto& network : networks->get_array()) {
            add_subnets(network.is_object() ? network.get_object().if_contains("subnet4") : nullptr, subnets);
        }
    }
    return subnets;
}

Clock::duration lease_allowance(const std::string& lease_file)
{
    std::uint64_t bytes = 0;
    for (const auto& file : lease_files(lease_file)) {
        struct stat status {};
        // What it takes on the disk: a file of holes is as large as whoever makes it likes.
        const bool counts = ::lstat(file.path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
        bytes += counts ? static_cast<std::uint64_t>(status.st_blocks) * block_bytes : 0;
    }
    const auto seconds = std::chrono::seconds(bytes / bytes_a_second);
    return std::min<Clock::duration>(seconds, longest_allowance);
}

asio::awaitable<Result<void>> async_mend_leases(LeaseTask task)
{
    if (!any_is_there(task.lease_file)) {
        co_return Result<void>{};
    }
    const auto vrf = task.vrf;
    const auto lease_file = task.lease_file;
    const auto findings = co_await async_work(std::move(task), true);
    if (!findings) {
        remove_unfinished(lease_file);
        co_return findings.error();
    }
    for (const auto& finding : findings->files) {
        tell(vrf, finding);
    }
    if (!findings->failure.empty()) {
        co_return Error(findings->failure)
            .hint("Kea is not started, since it would forget leases; is there room on the disk?");
    }
    co_return Result<void>{};
}

asio::awaitable<bool> async_leases_are_whole(LeaseTask task)
{
    const auto findings = co_await async_work(std::move(task), false);
    if (!findings) {
        co_return true;
    }
    const auto loses = [](const LeaseFinding& finding) { return finding.separated > 0 || finding.ghosts > 0; };
    co_return std::none_of(findings->files.begin(), findings->files.end(), loses);
}

} // namespace keavrf::kea
