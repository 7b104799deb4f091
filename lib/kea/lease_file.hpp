// The files that a Kea loads its leases from (memfile), looked at and made whole before it does; what can be wrong with
// them stands in lease_mender.hpp and lease_ghosts.hpp.
//
// The work is done by a child of ours (lease_work.hpp) with the rights of Kea's user alone, in a time and with memory
// that are bounded: a million leases, or whatever a Kea that was taken over leaves in its folder, hold up nobody else's
// packets and lead root nowhere. A file that is whole is only read. One that is not is written anew beside, with the
// mode it has, and takes the other's place in one step. Cancelled, or keavrfd killed, at any time: the file is as it
// was.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "kea/lease_row.hpp"
#include "process/spawn.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::kea {

// The subnets that Kea's configuration (JSON) gives an id; empty where there is none to be read.
LeaseSubnets lease_subnets(std::string_view configuration);

// How much longer whoever reads these files may take than with none: by what they take on the disk, at the pace of a
// machine that has other things to do, ten minutes at most.
Clock::duration lease_allowance(const std::string& lease_file);
Clock::duration lease_allowance(std::uint64_t bytes);
// A file of holes is as large as whoever makes it likes.
std::uint64_t bytes_on_disk(const struct stat& file);

struct LeaseTask {
    VrfName vrf;
    std::string lease_file;
    LeaseSubnets subnets;
    std::optional<process::Identity> identity; // whom Kea runs as; none: ourselves
    // Borrowed: the lock on the leases, which the child holds too, so that no Kea is started before it has ended.
    int lock = -1;
    // None: half a minute, and lease_allowance().
    std::optional<Clock::duration> look_limit;
    std::optional<Clock::duration> mend_limit;
};

// While no Kea and no kea-lfc works on them: whoever calls this holds the folder's lock. An unfinished `.output` of
// kea-lfc is removed: the next kea-lfc would go on writing behind its torn end. Tells in the log what it mended, which
// lines it cannot read, and which files it cannot.
//
// Before all, a copy of leases that an earlier keavrfd had no time to put back is (lease_kept.hpp); an error where it
// cannot be.
//
// First one child looks, then, only where something is not whole, another mends; each in a time of its own. Success too
// where the look took too long: whoever makes a file that large would keep Kea from starting for ever, and nothing has
// been written yet. An error, and Kea must not be started now: what had to be mended could not be written, or not in
// time (it would lose leases); the child could not be started, or was killed; or it does not end (process::not_ended):
// then it holds the lock for as long as it may still write or rename. EWOULDBLOCK: some process has the file open for
// writing, whatever lock it holds or has let go of; the message names it.
asio::awaitable<Result<void>> async_mend_leases(LeaseTask task);

// While Kea works on them, and its file is in its place: a copy that was kept while it was not (lease_kept.hpp) is
// removed where it says nothing more. True: it does, as where Kea has begun a new file instead of one that was gone,
// and keavrfd was killed; the next start puts both together. False too where that cannot be told now.
asio::awaitable<bool> async_copy_knows_more(LeaseTask task);

enum class LeaseState { whole, mendable };

// While Kea works on them: whether a Kea that loads these files now would lose leases. A row that Kea has only begun
// says nothing, nor does a file that cannot be read, or not in time, or that is renamed all the time: that is whole,
// and told in the log.
//
// mendable: it would, and there is room on the disk to mend it: that was tried, in full and without an effect (where
// there is obviously no room, nothing is written: Kea needs what is left). Nobody keeps that room free until it is
// needed. An error: there is none, or that took too long; or the child does not end.
asio::awaitable<Result<LeaseState>> async_lease_state(LeaseTask task);

} // namespace keavrf::kea
