#include "orchestrator/estate.hpp"

#include "core/log.hpp"
#include "instance/machine.hpp"
#include "instance/record_file.hpp"
#include "instance/rendering.hpp"
#include "netns/hidden_name.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

namespace keavrf::orchestrator {

namespace {

using instance::Inheritance;
using instance::Record;

// Without the hub and the list of what there is nothing can begin: for so long it is asked for again, and then the
// start ends, with everything left as it is.
constexpr std::chrono::seconds look_limit{10};
constexpr std::chrono::milliseconds look_pause{250};
// What is to go, as an instance that leaves has it (machine.hpp).
constexpr Clock::duration removal_limit = instance::leave_limit;

// The paths in a folder. One that cannot be read to its end (a disk that fails) ends the list early: an exception would
// end keavrfd. An error: for want of descriptors or memory.
Result<std::vector<std::filesystem::path>> entries_of(const std::string& folder)
{
    std::vector<std::filesystem::path> entries;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    while (!failure && entry != std::filesystem::directory_iterator()) {
        entries.push_back(entry->path());
        entry.increment(failure);
    }
    if (failure && failure != std::errc::no_such_file_or_directory) {
        const auto error = Error::from_errno("cannot read folder " + folder, failure.value());
        if (instance::is_shortage(error)) {
            return error;
        }
        log::warning("remnant.unreadable", "", error.message());
    }
    return entries;
}

// Told, where it is a record that cannot be read, or none. None: there is none of use. An error: cannot be told now.
Result<std::optional<Record>> read_if_any(const std::string& file)
{
    std::optional<Record> none;
    auto record = instance::read_record(file);
    if (record) {
        return std::optional(std::move(*record));
    }
    if (instance::is_shortage(record.error())) {
        return record.error();
    }
    if (!record.error().is(ENOENT) && !record.error().is(ENOTDIR)) {
        log::warning("remnant.unreadable", "",
                     "no record of keavrfd that can be read, left alone: " + record.error().message(),
                     {{"file", file}});
    }
    return none;
}

// The copies, which outlive a wiped runtime folder, of those that are not there any more.
Result<void> add_copies(std::vector<Record>& found, const config::Settings& settings)
{
    std::set<VrfName> there;
    for (const auto& one : found) {
        there.insert(one.vrf);
    }
    const auto entries = entries_of(instance::record_copies(settings));
    if (!entries) {
        return entries.error();
    }
    for (const auto& entry : *entries) {
        const auto file = entry.string();
        if (file == instance::hub_record_copy_path(settings) || entry.extension() != ".json") {
            continue;
        }
        auto record = read_if_any(file);
        if (!record) {
            return record.error();
        }
        if (*record && instance::record_copy_path((*record)->vrf, settings) != file) {
            log::warning("remnant.unreadable", "", "a record that is not this file's, left alone", {{"file", file}});
        } else if (*record && there.insert((*record)->vrf).second) {
            found.push_back(std::move(**record));
        }
    }
    return {};
}

// Records of instances whose folder bears their name; anything else in the runtime folder is left alone.
Result<std::vector<Record>> find_records(const config::Settings& settings)
{
    std::vector<Record> found;
    const auto entries = entries_of(settings.runtime_dir);
    if (!entries) {
        return entries.error();
    }
    for (const auto& entry : *entries) {
        const auto folder = entry.string();
        auto record = read_if_any(folder + "/instance.json");
        if (!record) {
            return record.error();
        }
        if (*record && instance::server_paths((*record)->vrf, settings).runtime_folder != folder) {
            log::warning("remnant.unreadable", "", "a record that is not this folder's, left alone",
                         {{"file", folder + "/instance.json"}});
        } else if (*record) {
            found.push_back(std::move(**record));
        }
    }
    const auto added = add_copies(found, settings);
    return added ? Result<std::vector<Record>>(std::move(found)) : added.error();
}

// That of the runtime folder, else the copy.
Result<std::optional<Record>> read_hub_record(const config::Settings& settings)
{
    auto record = read_if_any(instance::hub_record_path(settings));
    return !record || *record ? std::move(record) : read_if_any(instance::hub_record_copy_path(settings));
}

// Of this boot, and proved.
Result<netns::Namespace> open_hub(const Record& record)
{
    const auto of_this_boot = instance::is_of_this_boot(record);
    if (!of_this_boot) {
        return of_this_boot.error();
    }
    return *of_this_boot ? instance::open_recorded_namespace(record)
                         : Error::from_errno("a hub of before the last boot", ENOENT);
}

// None: there is none of ours. An error: cannot be told now, and its record stays.
Result<std::optional<netns::Namespace>> find_hub(const config::Settings& settings)
{
    std::optional<netns::Namespace> none;
    const auto record = read_hub_record(settings);
    if (!record) {
        return record.error();
    }
    if (!*record) {
        return none;
    }
    auto opened = open_hub(**record);
    if (!opened && !opened.error().is(ENOENT) && !opened.error().is(EEXIST)) {
        return opened.error();
    }
    const bool elsewhere =
        instance::moved(**record, settings) && !instance::erase_former_hub_records(**record, settings).empty();
    if (opened && opened->name == settings.netns_prefix + "hub") {
        const auto written = elsewhere ? instance::write_hub_record(*opened, settings) : Result<void>();
        if (!written) {
            log::warning("hub.record", "", written.error().message());
        }
        return std::optional(std::move(*opened));
    }
    if (opened) {
        const auto removed = instance::remove_left_name("", opened->name, opened->inode);
        if (!removed) {
            return removed.error();
        }
    } else if (netns::bears_a_name((*record)->inode)) {
        return none; // something is mounted over it: it may show again
    }
    instance::erase_hub_record(settings);
    return none;
}

// Until it can be told, or the time is over.
template <class Found>
asio::awaitable<Found> async_insist(Result<Found> (*find)(const config::Settings&),
                                    std::shared_ptr<const config::Settings> settings)
{
    const auto end = Clock::now() + look_limit;
    bool told = false;
    while (true) {
        auto found = find(*settings);
        if (found) {
            co_return std::move(*found);
        }
        const auto error = found.error().in("it cannot be told now what an earlier keavrfd has left, all of which "
                                            "stays as it is");
        if (Clock::now() >= end) {
            throw FatalError(error.hint("more descriptors or memory are needed: ulimit -n, LimitNOFILE= in the unit; "
                                        "then start keavrfd again"));
        }
        if (!std::exchange(told, true)) {
            log::warning("remnant.undecided", "", error.message());
        }
        co_await async_sleep(look_pause);
    }
}

Inheritance undecided(const Record& record, const Error& error, bool slot_taken)
{
    log::warning("remnant.undecided", record.vrf,
                 "what an earlier keavrfd left of this VRF stays as it is for now, and is looked at again: " +
                     error.message());
    Inheritance left;
    left.record = record;
    left.undecided = error.message();
    left.slot_taken = slot_taken;
    return left;
}

// Also where that cannot be told at first.
asio::awaitable<Result<void>> async_remove(Inheritance left, instance::Heir heir)
{
    const auto end = Clock::now() + removal_limit;
    const auto record = left.record;
    Result<void> removed = Error(left.undecided);
    if (left.name_space) {
        removed = co_await instance::async_remove_inheritance(std::move(left), heir);
    }
    while (!removed && Clock::now() < end) {
        co_await async_sleep(look_pause);
        const auto settled = co_await instance::async_settle(record, false, heir);
        removed = settled ? Result<void>() : Result<void>(settled.error());
    }
    co_return removed;
}

asio::awaitable<Estate> async_take_stock_for(instance::Heir heir)
{
    Estate estate;
    const auto settings = heir.settings;
    auto hub = co_await async_insist(find_hub, settings);
    estate.hub = std::move(hub);
    // Any other record that proves nothing is erased by now.
    const auto hub_record = co_await async_insist(read_hub_record, settings);
    estate.hub_hidden = !estate.hub && hub_record;
    const auto records = co_await async_insist(find_records, settings);
    std::set<Slot> slots;
    for (const auto& record : records) {
        const bool ours = record.name_space == settings->netns_prefix + record.vrf.str();
        const bool fits = ours && slots.insert(record.slot).second;
        auto settled = co_await instance::async_settle(record, fits, heir);
        if (!settled) {
            auto left = undecided(record, settled.error(), !fits);
            estate.instances.emplace(record.vrf, std::move(left));
        } else if (*settled) {
            estate.instances.emplace(record.vrf, std::move(**settled));
        } else if (fits) {
            slots.erase(record.slot);
        }
    }
    co_return estate;
}

} // namespace

asio::awaitable<Estate> async_take_stock(std::shared_ptr<const config::Settings> settings, uid_t kea_user)
{
    instance::Heir heir{std::move(settings), kea_user, std::make_shared<instance::Census>()};
    auto estate = co_await async_take_stock_for(std::move(heir));
    co_return estate;
}

asio::awaitable<void> async_remove_estate(Estate estate, std::shared_ptr<const config::Settings> settings)
{
    const instance::Heir heir{settings, 0, std::make_shared<instance::Census>()};
    for (auto& [vrf, inheritance] : estate.instances) {
        auto left = std::move(inheritance);
        const auto removed = co_await async_remove(std::move(left), heir);
        if (!removed) {
            log::warning("remnant.kept", vrf, removed.error().message() + "; the next keavrfd goes on with it");
        }
    }
    if (estate.hub) {
        const auto removed = instance::remove_left_name("", estate.hub->name, estate.hub->inode);
        if (!removed) {
            log::warning("remnant.kept", "", removed.error().message());
            co_return;
        }
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
