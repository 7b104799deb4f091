// The records on disk (record.hpp): runtime-dir/<vrf>/instance.json for an instance, runtime-dir/.hub.json for the hub,
// and a copy of each in state-dir/.records; root's alone.
#pragma once

#include "config/settings.hpp"
#include "core/error.hpp"
#include "instance/record.hpp"
#include "netns/namespace.hpp"

#include <string>
#include <vector>

namespace keavrf::instance {

std::string record_path(const VrfName& vrf, const config::Settings& settings);
std::string hub_record_path(const config::Settings& settings);

// The copies; the folder's name has a leading dot, which no VRF's folder has.
std::string record_copies(const config::Settings& settings);
std::string record_copy_path(const VrfName& vrf, const config::Settings& settings);
std::string hub_record_copy_path(const config::Settings& settings);

// In one step each; the folders are made where they are missing. What touches a copy waits for its disk, so that is to
// be asked before (disk_watch.hpp); only a wiped runtime folder needs a copy, so write_hub_record() warns where that of
// the hub cannot be written, and write_record() leaves its own to write_record_copy().
Result<void> write_record(const Record& record, const config::Settings& settings);
Result<void> write_hub_record(const netns::Namespace& hub, const config::Settings& settings);
Result<void> write_record_copy(const Record& record, const config::Settings& settings);
Result<void> write_hub_record_copy(const netns::Namespace& hub, const config::Settings& settings);
// What is not there is erased already. The copies go too.
Result<void> erase_record(const VrfName& vrf, const config::Settings& settings);
void erase_hub_record(const config::Settings& settings);
// Where the record was written under another runtime-dir or state-dir: what lies there and speaks of the same namespace
// is erased, so that no later keavrfd takes it for its own. Returns the paths of what was erased.
std::vector<std::string> erase_former_records(const Record& record, const config::Settings& settings);
std::vector<std::string> erase_former_hub_records(const Record& record, const config::Settings& settings);
// ENOENT, ENOTDIR: there is none. Others: it cannot be read, or is none; is_shortage() tells whether that may pass.
Result<Record> read_record(const std::string& path);
// No descriptor or no memory is left: what was to be found out is not known, and may be a little later.
bool is_shortage(const Error& error);

// What follows proves, or proves not; an error says that it cannot be told now.
//
// Whether a record is of the time since the last boot.
Result<bool> is_of_this_boot(const Record& record);
// What a record says of a namespace, and when.
Result<void> describe_namespace(Record& record, const netns::Namespace& name_space);
// Whether the namespace is the one of the record (proof.hpp).
Result<bool> proves_namespace(const Record& record, const netns::Namespace& name_space);
// The namespace of that name, if the record proves it to be ours. ENOENT: there is none of that name, or a stale file;
// EEXIST: what has the name is not ours; EBUSY: it is mounted over ours, which shows again when it has gone. Others:
// cannot be told now.
Result<netns::Namespace> open_recorded_namespace(const Record& record);

} // namespace keavrf::instance
