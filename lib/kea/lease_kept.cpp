#include "kea/lease_kept.hpp"

#include "kea/folders.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

namespace keavrf::kea {

namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10U;
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

// One that is as large as a hole makes it was written by somebody else.
bool is_beginning_of(int source, int copy)
{
    struct stat whole {};
    struct stat part {};
    if (::fstat(source, &whole) != 0 || ::fstat(copy, &part) != 0 || part.st_size > whole.st_size ||
        ::lseek(copy, 0, SEEK_HOLE) != part.st_size) {
        return false;
    }
    std::vector<char> ours(piece_bytes);
    std::vector<char> theirs(piece_bytes);
    for (off_t offset = 0; offset < part.st_size;) {
        const auto most = std::min(piece_bytes, static_cast<std::size_t>(part.st_size - offset));
        const auto count = ::pread(copy, ours.data(), most, offset);
        const auto same = count > 0 ? ::pread(source, theirs.data(), static_cast<std::size_t>(count), offset) : -1;
        if (count <= 0 || same != count || !std::equal(ours.begin(), ours.begin() + count, theirs.begin())) {
            return false;
        }
        offset += count;
    }
    return true;
}

} // namespace

std::string kept_copy(const std::string& lease_file)
{
    return lease_file + ".keavrfd-kept";
}

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

void keep_copy(int unnamed, const std::string& lease_file)
{
    const auto kept = kept_copy(lease_file);
    const auto self = "/proc/self/fd/" + std::to_string(unnamed);
    struct stat status {};
    if (::fstat(unnamed, &status) == 0 && remove_file(kept)) {
        static_cast<void>(::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, kept.c_str(), AT_SYMLINK_FOLLOW));
    }
}

UniqueFd open_kept_copy(int source, const std::string& lease_file)
{
    const auto kept = kept_copy(lease_file);
    UniqueFd copy(::open(kept.c_str(), O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat status {};
    const bool plain = copy && ::fstat(copy.get(), &status) == 0 && S_ISREG(status.st_mode);
    if (!plain || !is_beginning_of(source, copy.get())) {
        copy.reset();
    }
    return copy;
}

// A Kea that was killed in a cleanup has its rows in `.1`, and any copy is older.
Result<Recalled> recall_kept_copy(const std::string& lease_file)
{
    const auto kept = kept_copy(lease_file);
    if (!is_there(kept)) {
        return Recalled{};
    }
    if (!is_there(lease_file) && !is_there(lease_file + ".1")) {
        const auto file = open_plain_file(kept);
        const auto renamed = file ? rename_file(kept, lease_file, file->get()) : Result<void>(file.error());
        return renamed ? Result<Recalled>(Recalled{true, {}}) : Result<Recalled>(renamed.error());
    }
    auto aside = set_aside(kept, lease_file);
    if (!aside) {
        return aside.error();
    }
    const auto removed = remove_file(kept);
    return removed ? Result<Recalled>(Recalled{false, std::move(*aside)}) : Result<Recalled>(removed.error());
}

// A second name, so that there is one at any time; what can have none (a folder) is renamed.
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

} // namespace keavrf::kea
