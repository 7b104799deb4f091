// Whether the lease file that a Kea writes to still has its name. Where somebody has removed it, moved it away or put
// another in its place, Kea writes on, to a file that the next Kea will not find: it would forget these leases and give
// them to others. So Kea's open descriptor and the name are compared, again and again.
//
// Kea itself begins a new file under the name when its leases are cleaned up, in a few system calls: what is seen once
// is no loss. A Kea that keeps its leases elsewhere (in a database, or in memory alone) has no such file open, and
// nothing of this concerns it.
//
// Nothing here waits for a disk: what the kernel knows already is enough.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace keavrf::kea {

using FileNumber = std::pair<dev_t, std::uint64_t>;

// A regular file of this name, not of a link's target; nothing: there is none.
std::optional<FileNumber> file_number(const std::string& path);

// The name of a copy of what is held (lease_kept.hpp).
std::string kept_copy(const std::string& lease_file);

class LeaseWatch {
public:
    // Of another process from now on, of which nothing is known yet.
    void begin() { *this = LeaseWatch(); }

    // Looks: true where this Kea has a lease file open that does not have the name. What it has open is held from then
    // on, so that it is not lost with that Kea, until it is seen to be in place again.
    bool astray(Clock::time_point now, ProcessId kea, const std::string& lease_file);
    // What is held is not in place, and Kea has begun another file there: a cleanup does so also where it found none to
    // clean up (Kea 2.2 to 3.0; memfile_lease_mgr.cc, lfcExecute). What is held belongs in front of it.
    [[nodiscard]] bool continued() const noexcept { return continued_.has_value(); }
    // That happened twice, and it was let go of: nobody can tell any more what in it is newer than what a cleanup has
    // made of the files since. Told once.
    [[nodiscard]] bool take_lost() noexcept { return std::exchange(lost_, false); }
    // A copy of what is held has been kept.
    void note_copy() noexcept { copied_ = true; }
    [[nodiscard]] bool copied() const noexcept { return copied_; }
    // Astray for so long that no cleanup is the reason.
    [[nodiscard]] bool gone(Clock::time_point now) const noexcept;
    // What is held; none: -1.
    [[nodiscard]] int held() const noexcept { return held_.get(); }
    // Its leases are where they belong.
    void put_back();
    // What a cleanup had written beside the file is not there any more either: nobody has that open.
    [[nodiscard]] bool lost_older(const std::string& lease_file) const;
    // That a file had the name, or is held: its end would be a loss.
    [[nodiscard]] bool knows_a_file() const noexcept { return known_.has_value(); }

private:
    [[nodiscard]] bool goes_on_without_it(const FileNumber& named) const;
    void hold(UniqueFd file, const std::string& lease_file);

    std::optional<FileNumber> known_; // what Kea had open under the name, when last seen
    int descriptor_ = -1;             // Kea's, of that
    bool cleaned_up_ = false;         // there was what a cleanup writes, when last seen
    std::optional<Clock::time_point> astray_since_;
    UniqueFd held_;
    bool cleaning_up_ = false;            // what is held was seen where a cleanup moves it
    std::optional<FileNumber> continued_; // what Kea writes to instead
    bool lost_ = false;
    bool copied_ = false;
};

} // namespace keavrf::kea
