// Internal to lib/kea: the work on lease files (lease_file.hpp), as a child of keavrfd does it, by Kea's user and with
// no right that Kea has not: what Kea may have put into its folder leads nobody but itself astray. It blocks.
#pragma once

#include "core/error.hpp"
#include "kea/lease_kept.hpp"
#include "kea/lease_mender.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::kea {

// Of one of the files that Kea loads.
struct LeaseFinding {
    std::string path;
    std::uint64_t separated = 0; // LeaseReport
    std::uint64_t torn = 0;
    std::uint64_t ghosts = 0;
    bool damaged = false; // something in it is to be mended
    bool mended = false;
    std::uint64_t unreadable = 0;
    std::vector<LeaseReport::Line> examples;
    std::string unseen; // why nothing can be told about it; empty: it was read, or is not there
    std::uint64_t zeroed = 0;
};

struct LeaseFindings {
    std::vector<LeaseFinding> files; // in the order in which Kea loads them
    std::string failure;             // what is not whole could not be mended; empty: it is whole now
    bool in_use = false;             // a process has the file open for writing: nothing was looked at
    Recalled recalled;
    bool copy_knows_more = false; // compared: lease_kept.hpp
};

// Of which nothing can be told.
LeaseFindings nothing_seen(const std::string& lease_file, const std::string& why);

enum class LeaseWork {
    look,    // nothing is changed
    tidy,    // what kea-lfc and an earlier one of us left unfinished is removed, then looked; unless it is in use
    mend,    // looked, and what is not whole written anew
    prove,   // looked, and written too, but to nothing: whether that can be done
    recall,  // a kept copy that was not put back is put back now (lease_kept.hpp); unless the file is in use
    compare, // a kept copy that says nothing more is removed
};
LeaseFindings work_on_leases(const std::string& lease_file, const LeaseSubnets& subnets, LeaseWork work);
// Whether any process of the host has the file open for writing, as every Kea has its lease file, whatever locks it
// holds and wherever it lives: such a file gets no lease (fcntl(2), F_SETLEASE). False too where that cannot be told:
// the file is another user's than ours, or its file system gives none.
bool is_written(const std::string& file);
// Whether the disk under `out` has not even room for what the file takes: the copy would take the last of the room from
// the Kea that works there.
bool obviously_too_large(int file, int out);
// All of it, whatever write(2) takes at once.
Result<void> write_all(int file, std::string_view text);
// Removes what a killed one had begun to write.
void remove_unfinished(const std::string& lease_file);

// As text (JSON), for the way from the child to keavrfd, which does not trust it.
std::string to_text(const LeaseFindings& findings);
Result<LeaseFindings> parse_findings(std::string_view said);

} // namespace keavrf::kea
