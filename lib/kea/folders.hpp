// Internal to lib/kea: root's work in folders that Kea can write. A Kea that was taken over must not be able to direct
// root, so every file is opened relative to its folder's descriptor and no symbolic link in the last two components is
// followed.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keavrf::kea {

struct FolderOwner {
    uid_t user = 0;
    gid_t group = 0;
    mode_t mode = 0750;
};

// Makes the folder, or corrects its owner and mode; what is right already is not written, so that a read-only file
// system is no obstacle. Where it was another user's, the plain files in it that were that user's too are given to the
// new one first: leases and logs of a Kea under another kea.user. Its parent is made (0711) where it is missing, and is
// root's.
Result<void> ensure_folder(const std::string& path, const FolderOwner& owner);
// Removes the files in it; folders in it stay. At most `most` names are looked at, since whoever can write there can
// make any number of them; true: those were all.
Result<bool> clear_folder(const std::string& path, std::size_t most);

// Success too when there is no such file. A link is removed itself.
Result<void> remove_file(const std::string& path);
// A new, empty file for appending; what had the name before is unlinked, not written to.
Result<UniqueFd> create_output_file(const std::string& path);
// The file takes the other name in the same folder, in one step and for good: what is in it is on the disk before.
Result<void> rename_file(const std::string& from, const std::string& to, int file);
// Replaces a file in a folder of root's, in one step; where the very same is there already, nothing is written.
Result<void> replace_file(const std::string& path, std::string_view text, gid_t group);
// The same in two: whatever needs room on the disk comes first, and is taken back by discard_file.
Result<void> stage_file(const std::string& path, std::string_view text, gid_t group);
Result<void> commit_file(const std::string& path);
void discard_file(const std::string& path);
// An exclusive lock, in a folder of root's that is made where it is missing, for as long as the descriptor or a copy of
// it is open anywhere: others inherit it, so the file must not be one that they could not read. EWOULDBLOCK: held.
Result<UniqueFd> lock_file(const std::string& path);

// At most the last `limit` bytes from `offset` on (from the start where the file is shorter than that); empty when
// there is no such file.
std::string read_tail(const std::string& path, std::uint64_t offset, std::size_t limit);
// A regular file without other names, for reading; never blocks.
Result<UniqueFd> open_plain_file(const std::string& path);
// 0 when there is no such file.
std::uint64_t file_size(const std::string& path);

} // namespace keavrf::kea
