#include "kea/lease_kept.hpp"

#include "kea/folders.hpp"
#include "kea/lease_copy.hpp"
#include "kea/lease_watch.hpp"
#include "kea/lease_work.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace keavrf::kea {

namespace {

// Of what was found under the name; somebody who does this again and again has to look one day.
constexpr unsigned most_set_aside = 100;
constexpr mode_t file_mode = 0640;

bool is_there(const std::string& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

std::string folder_of(const std::string& path)
{
    return path.substr(0, path.rfind('/'));
}

bool is_plain(const std::string& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool has_other_names(int file)
{
    struct stat status {};
    return ::fstat(file, &status) != 0 || status.st_nlink > 1;
}

UniqueFd open_copy(const std::string& kept)
{
    return UniqueFd(::open(kept.c_str(), O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// Each that Kea writes to: the other is what a cleanup has begun with.
bool stands_elsewhere(const std::string& lease_file, int copy)
{
    const std::array<std::string, 2> names{lease_file, lease_file + ".1"};
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        const auto other = open_plain_file(name);
        return other && is_beginning_of(other->get(), copy);
    });
}

// A lease file, and of the Kea that writes the one that is there now.
bool belongs_to(const std::string& lease_file, int copy)
{
    const auto header = header_of(copy);
    const auto there = open_plain_file(lease_file);
    const auto its = there ? header_of(there->get()) : std::string();
    return !header.empty() && (its.empty() || its == header);
}

// Gives what has this name another and tells which; empty: nothing had it. A file keeps its own too, until another
// takes that, so that there is one at any time; what can have no second name (a folder) is renamed.
Result<std::string> set_aside(const std::string& path, const std::string& lease_file)
{
    if (!is_there(path)) {
        return success(std::string());
    }
    for (unsigned number = 1; number <= most_set_aside; ++number) {
        auto aside = lease_file + ".set-aside-" + std::to_string(number);
        if (::link(path.c_str(), aside.c_str()) == 0) {
            return success(std::move(aside));
        }
        const bool taken = errno == EEXIST || is_there(aside);
        if (!taken && ::rename(path.c_str(), aside.c_str()) == 0) {
            return success(std::move(aside));
        }
    }
    return Error("what stands under the name " + path + " cannot be set aside (remove it)");
}

// What is no copy of ours is in nobody's way, wherever it stands.
Recalled put_out_of_the_way(const std::string& kept, const std::string& lease_file)
{
    auto aside = set_aside(kept, lease_file);
    const auto removed = aside && is_there(kept) ? remove_file(kept) : Result<void>();
    Recalled recalled;
    recalled.set_aside = aside && removed ? std::move(*aside) : std::string();
    return recalled;
}

// Kea loads these before the lease file; what is in them and newer than all of the copy was written after it.
bool is_outdated(const std::string& lease_file, int copy)
{
    const auto newest = newest_renewal(copy);
    const std::array<std::string, 3> names{lease_file + ".1", lease_file + ".2", lease_file + ".completed"};
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        const auto other = open_plain_file(name);
        return newest > 0 && other && newest_renewal(other->get()) > newest;
    });
}

// What was put there from a backup is older, or says nothing new; what a Kea wrote there after the copy is newer.
Meeting meeting_with(const std::string& lease_file, int copy)
{
    const auto there = open_plain_file(lease_file);
    if (!there) {
        return Meeting::stranger;
    }
    if (is_beginning_of(copy, there->get())) {
        return Meeting::part;
    }
    return newest_renewal(there->get()) >= newest_renewal(copy) ? Meeting::newer : Meeting::stranger;
}

// One with other names would be no plain file for anybody who looks for leases.
Result<Placed> place_kept_copy(int copy, const std::string& lease_file, Meeting meeting)
{
    if (!has_other_names(copy)) {
        return put_in_place(kept_copy(lease_file), copy, lease_file, meeting);
    }
    auto placed = place_copy_of(copy, lease_file, meeting);
    if (placed) {
        static_cast<void>(remove_file(kept_copy(lease_file))); // it says nothing that does not stand elsewhere
    }
    return placed;
}

} // namespace

Result<UniqueFd> create_unnamed_file(const std::string& lease_file)
{
    UniqueFd file(::open(folder_of(lease_file).c_str(), O_TMPFILE | O_WRONLY | O_APPEND | O_CLOEXEC, file_mode));
    if (file) {
        return file;
    }
    const auto name = lease_file + unfinished_suffix;
    auto named = create_output_file(name);
    const auto removed = named ? remove_file(name) : Result<void>();
    return removed ? std::move(named) : Result<UniqueFd>(removed.error());
}

Result<void> keep_copy(int unnamed, const std::string& lease_file)
{
    const auto name = lease_file + unfinished_suffix;
    const auto self = "/proc/self/fd/" + std::to_string(unnamed);
    auto removed = remove_file(name);
    if (!removed) {
        return removed;
    }
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        return Error::from_errno("cannot name a copy");
    }
    return rename_file(name, kept_copy(lease_file), unnamed);
}

UniqueFd open_kept_copy(int source, const std::string& lease_file)
{
    auto copy = open_copy(kept_copy(lease_file));
    if (copy &&
        (!is_plain(kept_copy(lease_file)) || has_other_names(copy.get()) || !is_beginning_of(source, copy.get()))) {
        copy.reset();
    }
    return copy;
}

Result<Placed> put_in_place(const std::string& name, int file, const std::string& lease_file, Meeting meeting)
{
    Placed placed;
    if (meeting == Meeting::newer && is_plain(lease_file)) {
        const auto there = open_plain_file(lease_file);
        const bool several_names = !there && there.error().is(EINVAL);
        const auto appended = there           ? append_rows(there->get(), file)
                              : several_names ? Result<bool>(false)
                                              : Result<bool>(there.error());
        if (!appended) {
            return appended.error();
        }
        placed.merged = *appended;
    }
    if (!placed.merged && meeting != Meeting::part) {
        auto aside = set_aside(lease_file, lease_file);
        if (!aside) {
            return aside.error();
        }
        placed.set_aside = std::move(*aside);
    }
    const auto renamed = rename_file(name, lease_file, file);
    return renamed ? Result<Placed>(std::move(placed)) : Result<Placed>(renamed.error());
}

Result<Placed> place_copy_of(int source, const std::string& lease_file, Meeting meeting)
{
    const auto temporary = lease_file + unfinished_suffix;
    const auto out = create_output_file(temporary);
    if (!out) {
        return out.error();
    }
    const auto copied = copy_rest(source, out->get());
    auto placed = copied ? put_in_place(temporary, out->get(), lease_file, meeting) : Result<Placed>(copied.error());
    if (!placed) {
        static_cast<void>(remove_file(temporary));
    }
    return placed;
}

bool can_set_aside(const std::string& lease_file)
{
    for (unsigned number = 1; number <= most_set_aside; ++number) {
        if (!is_there(lease_file + ".set-aside-" + std::to_string(number))) {
            return true;
        }
    }
    return false;
}

Result<Recalled> recall_kept_copy(const std::string& lease_file)
{
    const auto kept = kept_copy(lease_file);
    if (!is_there(kept)) {
        return Recalled{};
    }
    const auto copy = is_plain(kept) ? open_copy(kept) : UniqueFd();
    if (!copy && is_plain(kept)) {
        return Error::from_errno("cannot open it");
    }
    if (copy && stands_elsewhere(lease_file, copy.get())) {
        static_cast<void>(remove_file(kept)); // or the next one does
        return Recalled{};
    }
    const bool outdated = copy && is_outdated(lease_file, copy.get());
    if (!copy || outdated || !belongs_to(lease_file, copy.get())) {
        auto recalled = put_out_of_the_way(kept, lease_file);
        recalled.outdated = outdated;
        return recalled;
    }
    const auto meeting = meeting_with(lease_file, copy.get());
    auto placed = place_kept_copy(copy.get(), lease_file, meeting);
    return placed ? Result<Recalled>(Recalled{true, placed->merged, false, std::move(placed->set_aside)})
                  : Result<Recalled>(placed.error());
}

bool knows_more(const std::string& lease_file)
{
    const auto kept = kept_copy(lease_file);
    const auto copy = is_plain(kept) ? open_copy(kept) : UniqueFd();
    if (copy && stands_elsewhere(lease_file, copy.get())) {
        static_cast<void>(remove_file(kept));
        return false;
    }
    if (!copy || is_outdated(lease_file, copy.get()) || !belongs_to(lease_file, copy.get())) {
        return false; // the next start puts it out of the way
    }
    const auto file = open_plain_file(lease_file);
    return file && !obviously_too_large(file->get(), copy.get());
}

} // namespace keavrf::kea
