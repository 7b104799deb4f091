#include "kea/lease_file.hpp"

#include "core/log.hpp"
#include "kea/file_users.hpp"
#include "kea/lease_child.hpp"
#include "kea/lease_set.hpp"
#include "kea/lease_watch.hpp"

#include <boost/json/parse.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace keavrf::kea {

namespace json = boost::json;

namespace {

constexpr Clock::duration longest_allowance = std::chrono::minutes(10);
constexpr std::uint64_t bytes_a_second = std::uint64_t{1} << 20U;
constexpr std::uint64_t block_bytes = 512; // of st_blocks

bool any_is_there(const std::string& lease_file)
{
    struct stat status {};
    const auto files = lease_files(lease_file);
    return std::any_of(files.begin(), files.end(),
                       [&](const LeaseFile& file) { return ::lstat(file.path.c_str(), &status) == 0; });
}

bool any_is_damaged(const LeaseFindings& findings)
{
    return std::any_of(findings.files.begin(), findings.files.end(),
                       [](const LeaseFinding& finding) { return finding.damaged; });
}

// What a Kea that loads it would lose: a row that is glued to another, or to a block of NUL bytes. A row that is only
// begun says nothing.
bool any_loses(const LeaseFindings& findings)
{
    return std::any_of(findings.files.begin(), findings.files.end(), [](const LeaseFinding& finding) {
        return finding.separated > 0 || finding.ghosts > 0 || finding.zeroed > 0;
    });
}

// Untouched where whoever works there has not ended: we would wait for the same disk.
Error not_started(const Error& why, const std::string& lease_file)
{
    if (why.is(process::not_ended)) {
        return why.hint("Kea is not started while it may still write there; does the disk hang?");
    }
    remove_unfinished(lease_file);
    return why.is(ETIMEDOUT) ? why.hint("Kea is not started, since it would forget leases; is the disk slow?") : why;
}

// Two that append to one file spoil it.
Error in_use(const std::string& lease_file, const std::string& who)
{
    const Error error(boost::system::errc::make_error_code(boost::system::errc::operation_would_block),
                      "another process writes " + lease_file + ": " + who);
    return error.hint(
        "no Kea is started beside it; stop it, by kill where it is a Kea that an earlier keavrfd left: its "
        "leases stay, and this VRF is served then");
}

Error not_reloaded(const Error& why)
{
    const std::string advice = why.is(process::not_ended) ? "does its disk hang?"
                               : why.is(ETIMEDOUT)        ? "is its disk slow?"
                                                          : "make room on its disk, then reload";
    return why.hint("Kea goes on with the configuration it runs, since another makes it load that file; " + advice);
}

void tell_unseen(const VrfName& vrf, const std::string& path, const std::string& why)
{
    if (!why.empty()) {
        log::warning("leases.unseen", vrf, "whether the lease file is whole cannot be told: " + why, {{"file", path}});
    }
}

void tell_recalled(const VrfName& vrf, const std::string& path, const Recalled& recalled)
{
    const auto aside = recalled.set_aside.empty() ? "nothing" : recalled.set_aside;
    if (recalled.in_place) {
        log::warning("leases.put-back", vrf,
                     std::string("the lease file was gone from its place, and keavrfd ended before it had put it back; "
                                 "the copy that it had made stands there") +
                         (recalled.merged
                              ? ", with what Kea has written since behind it"
                              : ", which lacks what Kea wrote after it was made, as a rule while it was stopped"),
                     {{"file", path}, {"set-aside", aside}});
    } else if (recalled.outdated) {
        log::error(
            "leases.lost", vrf,
            "the lease file was gone from its place, and Kea has cleaned up what it wrote since: the copy of what "
            "it had before is not used, since nobody can tell which leases in it are newer (those in it that no "
            "client has renewed since may be given to others)",
            {{"file", path}, {"set-aside", aside}});
    } else if (!recalled.set_aside.empty()) {
        log::warning("leases.set-aside", vrf,
                     "what had the name of the copy that keavrfd makes of a lease file is none, and is out of the way",
                     {{"file", kept_copy(path)}, {"set-aside", aside}});
    }
}

std::string what_was_mended(const LeaseFinding& finding)
{
    if (finding.zeroed > 0) {
        return "the lease file held a block of NUL bytes, as a power cut leaves it, which is removed; leases that Kea "
               "acknowledged in the seconds before it may be lost";
    }
    const std::string damage = "the lease file was not whole, as a full disk or a kill leaves it; ";
    return damage + (finding.unreadable > 0 ? "what can be told of it is in order again"
                                            : "no lease that Kea had acknowledged is lost");
}

void tell(const VrfName& vrf, const LeaseFinding& finding)
{
    tell_unseen(vrf, finding.path, finding.unseen);
    if (finding.mended) {
        log::warning("leases.mended", vrf, what_was_mended(finding),
                     {{"file", finding.path},
                      {"rows-separated", finding.separated},
                      {"parts-removed", finding.torn},
                      {"never-acknowledged", finding.ghosts},
                      {"nul-blocks", finding.zeroed}});
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

std::uint64_t bytes_on_disk(const struct stat& file)
{
    return static_cast<std::uint64_t>(file.st_blocks) * block_bytes;
}

Clock::duration lease_allowance(std::uint64_t bytes)
{
    return std::min<Clock::duration>(std::chrono::seconds(bytes / bytes_a_second), longest_allowance);
}

Clock::duration lease_allowance(const std::string& lease_file)
{
    std::uint64_t bytes = 0;
    for (const auto& file : lease_files(lease_file)) {
        struct stat status {};
        const bool counts = ::lstat(file.path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
        bytes += counts ? bytes_on_disk(status) : 0;
    }
    return lease_allowance(bytes);
}

// Of what an earlier keavrfd kept.
asio::awaitable<Result<void>> async_recall_leases(LeaseTask task)
{
    const auto findings = co_await async_work_on_leases(task, LeaseWork::recall);
    if (!findings) {
        co_return not_started(findings.error(), task.lease_file);
    }
    if (findings->in_use) {
        const auto who = co_await async_users_of(task.lease_file, Access::writing);
        co_return in_use(task.lease_file, who);
    }
    if (!findings->failure.empty()) {
        co_return Error(findings->failure)
            .hint("Kea is not started, since it would forget leases; mend that, or remove the copy to go without them");
    }
    tell_recalled(task.vrf, task.lease_file, findings->recalled);
    co_return Result<void>{};
}

asio::awaitable<bool> async_copy_knows_more(LeaseTask task)
{
    const auto findings = co_await async_work_on_leases(std::move(task), LeaseWork::compare);
    co_return findings && findings->copy_knows_more;
}

// A look has its own time, so that one that takes too long does not keep Kea from its leases for ever.
asio::awaitable<Result<void>> async_mend_leases(LeaseTask task)
{
    // Whatever it is: what is no file is put out of the way.
    struct stat status {};
    const auto kept = kept_copy(task.lease_file);
    if (::lstat(kept.c_str(), &status) == 0) {
        const auto recalled = co_await async_recall_leases(task);
        if (!recalled) {
            co_return recalled;
        }
    }
    if (!any_is_there(task.lease_file)) {
        co_return Result<void>{};
    }
    auto findings = co_await async_work_on_leases(task, LeaseWork::tidy);
    if (findings && any_is_damaged(*findings)) {
        findings = co_await async_work_on_leases(task, LeaseWork::mend);
    }
    if (!findings) {
        co_return not_started(findings.error(), task.lease_file);
    }
    if (findings->in_use) {
        const auto who = co_await async_users_of(task.lease_file, Access::writing);
        co_return in_use(task.lease_file, who);
    }
    for (const auto& finding : findings->files) {
        tell(task.vrf, finding);
    }
    if (!findings->failure.empty()) {
        co_return Error(findings->failure)
            .hint("Kea is not started, since it would forget leases; is there room on the disk?");
    }
    co_return Result<void>{};
}

asio::awaitable<Result<LeaseState>> async_lease_state(LeaseTask task)
{
    const auto looked = co_await async_work_on_leases(task, LeaseWork::look);
    if (!looked && looked.error().is(process::not_ended)) {
        co_return not_reloaded(looked.error());
    }
    if (!looked) {
        tell_unseen(task.vrf, task.lease_file, looked.error().message());
        co_return LeaseState::whole;
    }
    for (const auto& finding : looked->files) {
        tell_unseen(task.vrf, finding.path, finding.unseen);
    }
    if (!any_loses(*looked)) {
        co_return LeaseState::whole;
    }
    const auto proved = co_await async_work_on_leases(task, LeaseWork::prove);
    if (!proved) {
        co_return not_reloaded(proved.error());
    }
    if (!proved->failure.empty()) {
        co_return not_reloaded(Error(proved->failure));
    }
    co_return LeaseState::mendable;
}

} // namespace keavrf::kea
