#include "orchestrator/left_records.hpp"

#include "core/log.hpp"
#include "instance/inheritance.hpp"
#include "instance/record_file.hpp"
#include "instance/rendering.hpp"

#include <filesystem>
#include <set>

namespace keavrf::orchestrator {

using instance::Record;

namespace {

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

} // namespace

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

Result<std::optional<Record>> read_hub_record(const config::Settings& settings)
{
    auto record = read_if_any(instance::hub_record_path(settings));
    return !record || *record ? std::move(record) : read_if_any(instance::hub_record_copy_path(settings));
}

} // namespace keavrf::orchestrator
