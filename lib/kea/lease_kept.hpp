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

// A file beside the lease file that has no name, so that its room is free as soon as nobody has it open.
Result<UniqueFd> create_unnamed_file(const std::string& lease_file);
// It is the kept copy from now on, instead of any before it. An error: the file system cannot name what had no name.
Result<void> keep_copy(int unnamed, const std::string& lease_file);
// For appending, where all that is in it stands at the beginning of `source` too; no other is of any use.
UniqueFd open_kept_copy(int source, const std::string& lease_file);

// What becomes of what has the lease file's name when another takes it.
enum class Meeting {
    stranger, // it is set aside
    newer,    // its rows are put behind those of the other; where it has none, or is none, it is set aside
    part,     // all that is in it is in the other too
};
struct Placed {
    bool merged = false;
    std::string set_aside; // where what had the name stands now; empty: nothing had it, or it was merged
};
// The file `name`, which is open for appending, becomes the lease file, in one step and on the disk.
Result<Placed> put_in_place(const std::string& name, int file, const std::string& lease_file, Meeting meeting);
// The same with a copy of `source` that is made now, where there is room for another.
Result<Placed> place_copy_of(int source, const std::string& lease_file, Meeting meeting);

// What became of a copy that an earlier keavrfd had no time to use; nothing where all of it stands in what Kea loads.
struct Recalled {
    bool in_place = false; // it is the lease file
    bool merged = false;   // with the rows behind it that the lease file held
    bool outdated = false; // Kea has cleaned up what it wrote later, so nobody can tell any more which rows are newer
    // Where what had the name, or what has the copy's name and is no such file, stands now; empty: nowhere.
    std::string set_aside;
};
Result<Recalled> recall_kept_copy(const std::string& lease_file);
// Whether what bears the lease file's name could be set aside: it may bear a hundred other names.
bool can_set_aside(const std::string& lease_file);
// While Kea works on its lease file: removes a copy that says nothing but what stands there too. True: there is one
// that knows more, and room to recall it.
bool knows_more(const std::string& lease_file);

} // namespace keavrf::kea
