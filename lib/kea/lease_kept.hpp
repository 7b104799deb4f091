// Internal to lib/kea: a copy of what a Kea has open whose lease file has lost its name (lease_rescue.hpp), kept beside
// from before that Kea is stopped until its leases are back in their place. Where keavrfd is killed between the two,
// the next one finds it. It lacks what that Kea wrote after the copy was made: leases of as long as its stop takes.
//
// All of it blocks, and is done by a child with the rights of Kea's user alone.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <string>

namespace keavrf::kea {

// Behind the name of a file that is written beside another.
constexpr const char* unfinished_suffix = ".keavrfd-new";

std::string kept_copy(const std::string& lease_file);

// A file beside the lease file that has no name, so that its room is free as soon as nobody has it open.
Result<UniqueFd> create_unnamed_file(const std::string& lease_file);
// It is the kept copy from now on, instead of any before it. Not where the file system cannot name what had no name;
// then there is none.
void keep_copy(int unnamed, const std::string& lease_file);
// For appending, where all that is in it stands at the beginning of `source` too; no other is of any use.
UniqueFd open_kept_copy(int source, const std::string& lease_file);

// What became of a copy that an earlier keavrfd had no time to use.
struct Recalled {
    bool in_place = false; // it is the lease file
    std::string set_aside; // where it stands now, since there is a lease file; empty: there was none, or it is in place
};
Result<Recalled> recall_kept_copy(const std::string& lease_file);

// Gives what has this name another, `.set-aside-1` behind `lease_file`, and so on, and tells which; empty: nothing had
// it. While it is a file it keeps its own too, until another takes that or it is removed.
Result<std::string> set_aside(const std::string& path, const std::string& lease_file);

} // namespace keavrf::kea
