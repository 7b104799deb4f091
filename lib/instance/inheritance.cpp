#include "instance/inheritance.hpp"

#include "core/log.hpp"
#include "core/text.hpp"
#include "instance/name_removal.hpp"
#include "instance/namespace_name.hpp"
#include "instance/proof.hpp"
#include "instance/record_file.hpp"
#include "instance/rendering.hpp"
#include "instance/strays.hpp"
#include "kea/folder_removal.hpp"
#include "netns/hidden_name.hpp"
#include "process/process.hpp"

#include <cerrno>
#include <filesystem>
#include <utility>

namespace keavrf::instance {

namespace {

// No other keavrfd starts anything, so who lives where changes little.
constexpr std::chrono::seconds recent{5};

struct Proved {
    // Empty where there is nothing to go on with.
    std::optional<Inheritance> inheritance;
    bool of_nothing = false; // all that was recorded is gone
};

StrayPlace place_of(const VrfName& vrf, NamespaceInode name_space, const config::Settings& settings)
{
    return {vrf, name_space, server_paths(vrf, settings), program_of(settings)};
}

// None: there is no such process.
Result<std::optional<FoundServer>> recorded_process(const Record& record, const config::Settings& settings)
{
    std::optional<FoundServer> none;
    if (!record.dhcp4) {
        return none;
    }
    auto identity = process::process_identity(record.dhcp4->pid);
    const auto user = process::user_of(record.dhcp4->pid);
    const auto on_these = holds_lock(record.dhcp4->pid, server_paths(record.vrf, settings));
    if ((!identity && process::is_gone(identity.error())) || (!user && process::is_gone(user.error()))) {
        return none;
    }
    if (!identity || !on_these) {
        return identity ? on_these.error() : identity.error();
    }
    if (!user && is_shortage(user.error())) {
        return user.error();
    }
    FoundServer found;
    found.user = user ? std::optional(*user) : std::nullopt;
    found.on_these_leases = *on_these;
    found.identity = std::move(*identity);
    return std::optional(std::move(found));
}

// That of the process, if the record proves it to be ours. None: it is not, or the process has ended.
Result<std::optional<netns::Namespace>> namespace_of(ProcessId pid, const Record& record)
{
    std::optional<netns::Namespace> none;
    const auto folder = process::proc_folder(pid);
    auto held = folder ? netns::open_of_process(*folder) : Result<netns::Namespace>(folder.error());
    if (!held) {
        return process::is_gone(held.error()) ? Result<std::optional<netns::Namespace>>(std::move(none)) : held.error();
    }
    const auto proved = proves_namespace(record, *held);
    if (!proved) {
        return proved.error();
    }
    if (!*proved) {
        return none;
    }
    held->name = record.name_space;
    held->named = true; // it shall have its name again
    return std::optional(std::move(*held));
}

// By its name; where that is gone or hidden, by whoever lives in it. A number alone, without a cookie, may be another's
// by now unless the Kea on record is there. EBUSY: something is mounted over its name.
Result<std::optional<netns::Namespace>> find_namespace(const Record& record, const std::optional<FoundServer>& server,
                                                       Census& census)
{
    std::optional<netns::Namespace> none;
    auto named = open_recorded_namespace(record);
    if (named) {
        return std::optional(std::move(*named));
    }
    const bool hidden = named.error().is(EBUSY);
    if (!hidden && !named.error().is(ENOENT) && !named.error().is(EEXIST)) {
        return named.error();
    }
    const auto inhabitants = census.inhabitants(record.inode, Clock::now() - recent);
    if (!inhabitants) {
        return inhabitants.error();
    }
    const bool same = server && server->identity.start_time == record.dhcp4->start_time;
    for (const auto pid : *inhabitants) {
        if (record.cookie == 0 && !(same && pid == server->identity.pid)) {
            continue;
        }
        auto found = namespace_of(pid, record);
        if (!found || *found) {
            return found;
        }
    }
    return hidden ? named.error() : Result<std::optional<netns::Namespace>>(std::move(none));
}

Result<Proved> prove(const Record& record, const Heir& heir)
{
    Proved proved;
    const auto of_this_boot = is_of_this_boot(record);
    if (!of_this_boot) {
        return of_this_boot.error();
    }
    if (!*of_this_boot) {
        proved.of_nothing = true; // all of it went with that boot
        return proved;
    }
    const auto process = recorded_process(record, *heir.settings);
    if (!process) {
        return process.error();
    }
    auto name_space = find_namespace(record, *process, *heir.census);
    if (!name_space) {
        return name_space.error();
    }
    const WantedServer wanted{program_of(*heir.settings), heir.kea_user, heir.settings->state_dir};
    const auto judgement = judge_server(record, *process, name_space->has_value(), wanted);
    if (judgement.claim == Claim::foreign) {
        log::warning("remnant.kept", record.vrf,
                     "a process that may be Kea is left alone, since nothing proves that it is ours: " + judgement.why);
    }
    if (!*name_space) {
        proved.of_nothing = judgement.claim != Claim::foreign;
        return proved;
    }
    auto& inheritance = proved.inheritance.emplace();
    inheritance.record = record;
    inheritance.name_space = std::move(*name_space);
    if (judgement.claim == Claim::ours || judgement.claim == Claim::useless) {
        inheritance.server = (*process)->identity;
        inheritance.useless = judgement.why;
    }
    return proved;
}

asio::awaitable<void> async_remove_folder(VrfName vrf, std::shared_ptr<const config::Settings> settings)
{
    auto removed = erase_record(vrf, *settings);
    if (removed) {
        auto folder = server_paths(vrf, *settings).runtime_folder;
        removed = co_await kea::async_remove_folder(std::move(folder));
    }
    if (!removed) {
        log::warning("remnant.kept", vrf, removed.error().message());
    }
}

// What the same keavrfd left under another runtime-dir or state-dir. Leases stay.
asio::awaitable<void> async_remove_former(Record record, std::shared_ptr<const config::Settings> settings)
{
    const auto erased = erase_former_records(record, *settings);
    for (const auto& file : erased) {
        log::info("remnant.removed", record.vrf, "removed what lay under another runtime-dir or state-dir",
                  {{"file", file}});
        auto folder = std::filesystem::path(file).parent_path();
        if (folder.filename() == escape_path_component(record.vrf.str())) {
            const auto removed = co_await kea::async_remove_folder(folder.string());
            if (!removed) {
                log::warning("remnant.kept", record.vrf, removed.error().message());
            }
        }
    }
}

} // namespace

bool moved(const Record& record, const config::Settings& settings)
{
    return (!record.runtime_dir.empty() && record.runtime_dir != settings.runtime_dir) ||
           (!record.state_dir.empty() && record.state_dir != settings.state_dir);
}

Result<void> remove_left_name(std::string_view vrf, const std::string& name, NamespaceInode inode)
{
    const auto removed = netns::remove(name, inode);
    if (removed) {
        log::info("remnant.removed", vrf, "removed the namespace of an earlier keavrfd", {{"namespace", name}});
        return {};
    }
    const auto& error = removed.error();
    const auto state = judge_name(error, std::nullopt);
    const bool anothers = state == NameState::taken || error.code() == netns::Problem::foreign;
    if ((anothers || state == NameState::gone) && netns::bears_name(name, inode)) {
        return mounted_over(name);
    }
    if (state == NameState::gone) {
        return {};
    }
    if (anothers) {
        log::warning("remnant.kept", vrf, error.message(), {{"namespace", name}});
        return {};
    }
    return error;
}

asio::awaitable<Result<void>> async_remove_inheritance(Inheritance inheritance, Heir heir)
{
    const auto vrf = inheritance.record.vrf;
    if (inheritance.server) {
        const auto stopped = co_await async_stop_server(vrf, *inheritance.server, heir.settings->kea.timeouts.stop);
        if (!stopped) {
            co_return stopped;
        }
    }
    const auto& name_space = *inheritance.name_space;
    auto place = place_of(vrf, name_space.inode, *heir.settings);
    const auto ended = co_await async_end_strays(std::move(place), heir.census, Clock::now());
    if (!ended) {
        co_return ended.error();
    }
    const auto removed = remove_left_name(vrf.str(), name_space.name, name_space.inode);
    if (removed) {
        co_await async_remove_folder(vrf, heir.settings);
    }
    co_return removed;
}

asio::awaitable<Result<std::optional<Inheritance>>> async_settle(Record record, bool fits, Heir heir)
{
    std::optional<Inheritance> nothing;
    auto proved = prove(record, heir);
    if (!proved) {
        co_return proved.error();
    }
    if (moved(record, *heir.settings)) {
        co_await async_remove_former(record, heir.settings);
    }
    if (proved->of_nothing) {
        co_await async_remove_folder(record.vrf, heir.settings);
    }
    if (!proved->inheritance) {
        co_return nothing;
    }
    auto left = std::move(*proved->inheritance);
    if (!left.server) {
        // Killed between a Kea's birth and the record of it, or where its disk was full.
        auto place = place_of(record.vrf, left.name_space->inode, *heir.settings);
        const auto ended = co_await async_end_strays(std::move(place), heir.census, Clock::now() - recent);
        if (!ended) {
            co_return ended.error();
        }
    }
    if (fits && record.name_space == heir.settings->netns_prefix + record.vrf.str()) {
        co_return std::optional<Inheritance>(std::move(left));
    }
    const auto removed = co_await async_remove_inheritance(std::move(left), heir);
    if (!removed) {
        co_return removed.error();
    }
    co_return nothing;
}

} // namespace keavrf::instance
