#include "kea/folders.hpp"

#include "core/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <dirent.h>
#include <memory>

namespace keavrf::kea {

namespace {

constexpr mode_t lock_folder_mode = 0700;
constexpr mode_t mode_bits = 07777;
constexpr mode_t file_mode = 0640;

struct SplitPath {
    std::string folder;
    std::string name;
};

SplitPath split(const std::string& path)
{
    const auto slash = path.rfind('/');
    return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<UniqueFd> open_folder(const std::string& path)
{
    UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) {
        const auto error = Error::from_errno("cannot open folder " + path);
        return error.is(ENOTDIR) || error.is(ELOOP)
                   ? error.hint("something else is in its place: look with ls -ld, and move it away")
                   : error;
    }
    return folder;
}

Result<struct stat> look_at(int descriptor, const std::string& path)
{
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        return Error::from_errno("cannot look at " + path);
    }
    return status;
}

Result<void> write_all(int file, std::string_view text, const std::string& path)
{
    while (!text.empty()) {
        const auto count = ::write(file, text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return Error::from_errno("cannot write " + path);
        }
        text.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> fill(int file, std::string_view text, gid_t group, const std::string& path)
{
    // -1: the owner stays.
    if (::fchown(file, static_cast<uid_t>(-1), group) != 0 || ::fchmod(file, file_mode) != 0) {
        return Error::from_errno("cannot change group and mode of " + path);
    }
    return write_all(file, text, path);
}

std::string staged(const std::string& name)
{
    return "." + name + ".new";
}

// With its group and its mode, so that Kea can read it.
bool is_there(const std::string& path, std::string_view text, gid_t group)
{
    const auto file = open_plain_file(path);
    const auto status = file ? look_at(file->get(), path) : Result<struct stat>(file.error());
    if (!status || status->st_gid != group || (status->st_mode & mode_bits) != file_mode) {
        return false;
    }
    const auto there = read_file(path, text.size());
    return there && *there == text;
}

} // namespace

Result<bool> clear_folder(const std::string& path, std::size_t most)
{
    auto folder = open_folder(path);
    if (!folder) {
        return folder.error();
    }
    const auto close = [](DIR* stream) { ::closedir(stream); };
    const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(folder->get()), close);
    if (!stream) {
        return Error::from_errno("cannot read folder " + path);
    }
    const int descriptor = folder->release(); // the stream's by now
    for (std::size_t looked = 0; looked < most; ++looked) {
        errno = 0; // or its end and a disk that cannot be read look the same
        // One reader for each stream. NOLINTNEXTLINE(concurrency-mt-unsafe)
        const auto* entry = ::readdir(stream.get());
        if (entry == nullptr && errno != 0) {
            return Error::from_errno("cannot read folder " + path);
        }
        if (entry == nullptr) {
            return true;
        }
        const char* name = static_cast<const char*>(entry->d_name);
        if (::unlinkat(descriptor, name, 0) != 0 && errno != EISDIR && errno != ENOENT) {
            return Error::from_errno("cannot remove " + path + "/" + name);
        }
    }
    return false;
}

Result<void> remove_file(const std::string& path)
{
    const auto [parent, name] = split(path);
    const auto folder = open_folder(parent);
    if (!folder) {
        return folder.error();
    }
    // Looked at first: to remove what is not there waits, too, for a disk that hangs, and everybody with it.
    struct stat status {};
    const bool gone = ::fstatat(folder->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
    if (!gone && ::unlinkat(folder->get(), name.c_str(), 0) != 0 && errno != ENOENT) {
        return Error::from_errno("cannot remove " + path);
    }
    return {};
}

Result<UniqueFd> create_output_file(const std::string& path)
{
    if (auto removed = remove_file(path); !removed) {
        return removed.error();
    }
    const auto [parent, name] = split(path);
    const auto folder = open_folder(parent);
    if (!folder) {
        return folder.error();
    }
    UniqueFd file(
        ::openat(folder->get(), name.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640));
    if (!file) {
        return Error::from_errno("cannot make " + path);
    }
    return file;
}

Result<void> rename_file(const std::string& from, const std::string& to, int file)
{
    const auto [parent, name] = split(from);
    const auto folder = open_folder(parent);
    if (!folder) {
        return folder.error();
    }
    if (::fsync(file) != 0 || ::renameat(folder->get(), name.c_str(), folder->get(), split(to).name.c_str()) != 0 ||
        ::fsync(folder->get()) != 0) {
        return Error::from_errno("cannot replace " + to);
    }
    return {};
}

Result<void> stage_file(const std::string& path, std::string_view text, gid_t group)
{
    const auto [parent, name] = split(path);
    const auto folder = open_folder(parent);
    if (!folder) {
        return folder.error();
    }
    const auto temporary = staged(name);
    ::unlinkat(folder->get(), temporary.c_str(), 0); // of a keavrfd that was killed here
    const UniqueFd file(
        ::openat(folder->get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) {
        return Error::from_errno("cannot make " + parent + "/" + temporary);
    }
    auto filled = fill(file.get(), text, group, path);
    if (!filled) {
        ::unlinkat(folder->get(), temporary.c_str(), 0);
    }
    return filled;
}

Result<void> commit_file(const std::string& path)
{
    const auto [parent, name] = split(path);
    const auto folder = open_folder(parent);
    if (!folder) {
        return folder.error();
    }
    if (::renameat(folder->get(), staged(name).c_str(), folder->get(), name.c_str()) != 0) {
        return Error::from_errno("cannot replace " + path);
    }
    return {};
}

void discard_file(const std::string& path)
{
    const auto [parent, name] = split(path);
    const auto folder = open_folder(parent);
    if (folder) {
        ::unlinkat(folder->get(), staged(name).c_str(), 0);
    }
}

Result<void> replace_file(const std::string& path, std::string_view text, gid_t group)
{
    if (is_there(path, text, group)) {
        return {};
    }
    auto done = stage_file(path, text, group);
    if (done) {
        done = commit_file(path);
    }
    if (!done) {
        discard_file(path);
    }
    return done;
}

Result<UniqueFd> lock_file(const std::string& path)
{
    const auto [parent, name] = split(path);
    if (auto made = make_folders(parent, lock_folder_mode); !made) {
        return made.error();
    }
    const auto folder = open_folder(parent);
    if (!folder) {
        return folder.error();
    }
    constexpr int plainly = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    // Where it is there nothing is written, which a disk that hangs would make us wait for.
    UniqueFd file(::openat(folder->get(), name.c_str(), plainly));
    if (!file && errno == ENOENT) {
        file = UniqueFd(::openat(folder->get(), name.c_str(), plainly | O_CREAT, 0640));
    }
    if (!file) {
        return Error::from_errno("cannot open " + path);
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return Error::from_errno("cannot lock " + path);
    }
    return file;
}

Result<UniqueFd> open_plain_file(const std::string& path)
{
    const auto [parent, name] = split(path);
    const auto folder = open_folder(parent);
    if (!folder) {
        return folder.error();
    }
    UniqueFd file(::openat(folder->get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file) {
        return Error::from_errno("cannot open " + path);
    }
    const auto status = look_at(file.get(), path);
    if (!status) {
        return status.error();
    }
    // A second name might be that of a file which its maker could not read.
    if (!S_ISREG(status->st_mode) || status->st_nlink > 1) {
        return Error::from_errno(path + " is no plain file", EINVAL);
    }
    return file;
}

std::string read_tail(const std::string& path, std::uint64_t offset, std::size_t limit)
{
    const auto file = open_plain_file(path);
    if (!file) {
        return {};
    }
    const auto status = look_at(file->get(), path);
    const auto size = status ? static_cast<std::uint64_t>(status->st_size) : 0;
    auto begin = offset <= size ? offset : 0;
    begin = size - begin > limit ? size - limit : begin;
    std::string text(static_cast<std::size_t>(size - begin), '\0');
    const auto count = ::pread(file->get(), text.data(), text.size(), static_cast<off_t>(begin));
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
}

std::uint64_t file_size(const std::string& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

} // namespace keavrf::kea
