#include "orchestrator/estate.hpp"

#include "core/log.hpp"
#include "core/text.hpp"
#include "instance/proof.hpp"
#include "instance/record_file.hpp"
#include "instance/rendering.hpp"
#include "instance/strays.hpp"
#include "kea/folder_removal.hpp"
#include "netns/hidden_name.hpp"
#include "process/identity.hpp"
#include "process/process.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

namespace keavrf::orchestrator {

namespace {

using instance::Claim;
using instance::Record;

struct Found {
    std::string folder;
    Record record;
};

// The paths in a folder. One that cannot be read to its end (a disk that fails) ends the list early: an exception would
// end keavrfd.
std::vector<std::filesystem::path> entries_of(const std::string& folder)
{
    std::vector<std::filesystem::path> entries;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    while (!failure && entry != std::filesystem::directory_iterator()) {
        entries.push_back(entry->path());
        entry.increment(failure);
    }
    if (failure && failure != std::errc::no_such_file_or_directory) {
        log::warning("remnant.unreadable", "", "cannot read folder " + folder + ": " + failure.message());
    }
    return entries;
}

// The copies, which outlive a wiped runtime folder, of those that are not there any more.
void add_copies(std::vector<Found>& found, const config::Settings& settings)
{
    std::set<VrfName> there;
    for (const auto& one : found) {
        there.insert(one.record.vrf);
    }
    for (const auto& entry : entries_of(instance::record_copies(settings))) {
        const auto file = entry.string();
        if (file == instance::hub_record_copy_path(settings) || entry.extension() != ".json") {
            continue;
        }
        auto record = instance::read_record(file);
        if (!record || instance::record_copy_path(record->vrf, settings) != file) {
            log::warning("remnant.unreadable", "", "not a record of keavrfd, left alone", {{"file", file}});
            continue;
        }
        if (there.insert(record->vrf).second) {
            const auto folder = instance::server_paths(record->vrf, settings).runtime_folder;
            found.push_back(Found{folder, std::move(*record)});
        }
    }
}

// Records of instances whose folder bears their name; anything else in the runtime folder is left alone.
std::vector<Found> find_records(const config::Settings& settings)
{
    std::vector<Found> found;
    for (const auto& entry : entries_of(settings.runtime_dir)) {
        const auto folder = entry.string();
        const auto file = folder + "/instance.json";
        auto record = instance::read_record(file);
        if (!record) {
            if (!record.error().is(ENOENT) && !record.error().is(ENOTDIR)) {
                log::warning("remnant.unreadable", "", "not a record of keavrfd, left alone", {{"file", file}});
            }
            continue;
        }
        if (instance::server_paths(record->vrf, settings).runtime_folder != folder) {
            log::warning("remnant.unreadable", "", "a record that is not this folder's, left alone", {{"file", file}});
            continue;
        }
        found.push_back(Found{folder, std::move(*record)});
    }
    add_copies(found, settings);
    return found;
}

std::optional<instance::FoundServer> recorded_process(const Record& record, const config::Settings& settings)
{
    auto identity = record.dhcp4 ? process::process_identity(record.dhcp4->pid)
                                 : Result<process::ProcessIdentity>(Error("none on record"));
    if (!identity) {
        return std::nullopt;
    }
    instance::FoundServer found;
    const auto user = process::user_of(identity->pid);
    found.user = user ? std::optional(*user) : std::nullopt;
    found.on_these_leases = instance::holds_lock(identity->pid, instance::server_paths(record.vrf, settings));
    found.identity = std::move(*identity);
    return found;
}

// By its name; where that is gone, by the Kea that lives in it.
std::optional<netns::Namespace> find_namespace(const Record& record, const std::optional<instance::FoundServer>& server)
{
    auto named = instance::open_recorded_namespace(record);
    if (named) {
        return std::move(*named);
    }
    const bool same = server && server->identity.start_time == record.dhcp4->start_time;
    auto held = same ? netns::open_of_process(record.dhcp4->pid) : Result<netns::Namespace>(named.error());
    if (!held || !instance::proves_namespace(record, *held)) {
        return std::nullopt;
    }
    held->name = record.name_space;
    held->named = true; // it shall have its name again
    return std::move(*held);
}

void remove_name(std::string_view vrf, const netns::Namespace& name_space)
{
    const auto removed = netns::remove(name_space.name, name_space.inode);
    if (removed) {
        log::info("remnant.removed", vrf, "removed the namespace of an earlier keavrfd",
                  {{"namespace", name_space.name}});
    } else if (!removed.error().is(ENOENT)) {
        log::warning("remnant.kept", vrf, removed.error().message(), {{"namespace", name_space.name}});
    }
}

asio::awaitable<void> async_remove_folder(VrfName vrf, std::string folder,
                                          std::shared_ptr<const config::Settings> settings)
{
    auto removed = instance::erase_record(vrf, *settings);
    if (removed) {
        removed = co_await kea::async_remove_folder(std::move(folder));
    }
    if (!removed) {
        log::warning("remnant.kept", vrf, removed.error().message());
    }
}

bool moved(const Record& record, const config::Settings& settings)
{
    return (!record.runtime_dir.empty() && record.runtime_dir != settings.runtime_dir) ||
           (!record.state_dir.empty() && record.state_dir != settings.state_dir);
}

// What the same keavrfd left under another runtime-dir or state-dir. Leases stay.
asio::awaitable<void> async_remove_former(Record record, std::shared_ptr<const config::Settings> settings)
{
    const auto erased = instance::erase_former_records(record, *settings);
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

struct Proved {
    // Empty where there is nothing to go on with.
    std::optional<instance::Inheritance> inheritance;
    bool of_nothing = false; // all that was recorded is gone
};

Proved prove(const Found& found, const instance::WantedServer& wanted, const config::Settings& settings)
{
    Proved proved;
    if (!instance::is_of_this_boot(found.record)) {
        proved.of_nothing = true; // all of it went with that boot
        return proved;
    }
    const auto process = recorded_process(found.record, settings);
    auto name_space = find_namespace(found.record, process);
    const auto judgement = instance::judge_server(found.record, process, name_space.has_value(), wanted);
    if (judgement.claim == Claim::foreign) {
        log::warning("remnant.kept", found.record.vrf,
                     "a process that may be Kea is left alone, since nothing proves that it is ours: " + judgement.why);
    }
    if (!name_space) {
        proved.of_nothing = judgement.claim != Claim::foreign;
        return proved;
    }
    auto& inheritance = proved.inheritance.emplace();
    inheritance.record = found.record;
    inheritance.name_space = std::move(*name_space);
    if (judgement.claim == Claim::ours || judgement.claim == Claim::useless) {
        inheritance.server = process->identity;
        inheritance.useless = judgement.why;
    }
    return proved;
}

// Of another prefix, or of a slot that another one has: ours, and of no use.
asio::awaitable<void> async_remove(std::string folder, instance::Inheritance inheritance,
                                   std::shared_ptr<const config::Settings> settings)
{
    const auto vrf = inheritance.record.vrf;
    if (inheritance.server) {
        co_await instance::async_stop_server(vrf, *inheritance.server, settings->kea.timeouts.stop);
    }
    auto paths = instance::server_paths(vrf, *settings);
    co_await instance::async_end_strays(vrf, inheritance.name_space.inode, std::move(paths));
    remove_name(vrf.str(), inheritance.name_space);
    co_await async_remove_folder(vrf, std::move(folder), settings);
}

// That of the runtime folder, else the copy.
Result<Record> read_hub_record(const config::Settings& settings)
{
    auto record = instance::read_record(instance::hub_record_path(settings));
    return record ? std::move(record) : instance::read_record(instance::hub_record_copy_path(settings));
}

std::optional<netns::Namespace> find_hub(const config::Settings& settings)
{
    const auto record = read_hub_record(settings);
    if (!record) {
        return std::nullopt;
    }
    const bool elsewhere = moved(*record, settings) && !instance::erase_former_hub_records(*record, settings).empty();
    auto opened = instance::is_of_this_boot(*record) ? instance::open_recorded_namespace(*record)
                                                     : Result<netns::Namespace>(Error("of before the last boot"));
    if (opened && opened->name == settings.netns_prefix + "hub") {
        const auto written = elsewhere ? instance::write_hub_record(*opened, settings) : Result<void>();
        if (!written) {
            log::warning("hub.record", "", written.error().message());
        }
        return std::move(*opened);
    }
    if (opened) {
        remove_name("", *opened);
    } else if (netns::bears_a_name(record->inode)) {
        return std::nullopt; // something is mounted over it: it may show again
    }
    instance::erase_hub_record(settings);
    return std::nullopt;
}

} // namespace

asio::awaitable<Estate> async_take_stock(std::shared_ptr<const config::Settings> settings, uid_t kea_user)
{
    Estate estate;
    estate.hub = find_hub(*settings);
    // Any other record that proves nothing is erased by now.
    estate.hub_hidden = !estate.hub && read_hub_record(*settings).has_value();
    const instance::WantedServer wanted{instance::program_of(*settings), kea_user, settings->state_dir};
    const auto records = find_records(*settings);
    std::set<Slot> slots;
    for (const auto& found : records) {
        if (moved(found.record, *settings)) {
            co_await async_remove_former(found.record, settings);
        }
        auto [proved, of_nothing] = prove(found, wanted, *settings);
        if (of_nothing) {
            co_await async_remove_folder(found.record.vrf, found.folder, settings);
        }
        if (!proved) {
            continue;
        }
        if (!proved->server) {
            // Killed between a Kea's birth and the record of it.
            auto paths = instance::server_paths(found.record.vrf, *settings);
            co_await instance::async_end_strays(found.record.vrf, proved->name_space.inode, std::move(paths));
        }
        const bool fits = found.record.name_space == settings->netns_prefix + found.record.vrf.str();
        if (fits && slots.insert(found.record.slot).second) {
            estate.instances.emplace(found.record.vrf, std::move(*proved));
        } else {
            auto inheritance = std::move(*proved);
            co_await async_remove(found.folder, std::move(inheritance), settings);
        }
    }
    co_return estate;
}

asio::awaitable<void> async_remove_estate(Estate estate, std::shared_ptr<const config::Settings> settings)
{
    for (auto& [vrf, left] : estate.instances) {
        const auto folder = instance::server_paths(vrf, *settings).runtime_folder;
        auto inheritance = std::move(left);
        co_await async_remove(folder, std::move(inheritance), settings);
    }
    if (estate.hub) {
        remove_name("", *estate.hub);
        instance::erase_hub_record(*settings);
    }
}

asio::awaitable<void> async_remove_all(std::shared_ptr<const config::Settings> settings)
{
    constexpr uid_t anybody = 0; // whoever they run as, they go
    auto estate = co_await async_take_stock(settings, anybody);
    co_await async_remove_estate(std::move(estate), settings);
}

} // namespace keavrf::orchestrator
