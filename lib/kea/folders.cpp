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

constexpr mode_t base_mode = 0711;
constexpr mode_t lock_folder_mode = 0700;
constexpr mode_t mode_bits = 07777;
// Leases, logs and their rotations, and what hooks write; whoever made more than that did so on purpose.
constexpr std::size_t most_given = 16384;

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
        return Error::from_errno("cannot open folder " + path);
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

using Stream = std::unique_ptr<DIR, int (*)(DIR*)>;

// Of a descriptor of its own. Null: errno says why.
Stream stream_of(int folder)
{
    UniqueFd own(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    Stream stream(own ? ::fdopendir(own.get()) : nullptr, ::closedir);
    if (stream) {
        (void)own.release(); // the stream's by now
    }
    return stream;
}

// The former user may still have a process there, and make names as it likes: no link is followed, and what has a
// second name, or is not that user's, is none of ours to give away.
Result<void> give(int folder, const char* name, uid_t former, const FolderOwner& owner, const std::string& path)
{
    const UniqueFd file(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat status {};
    const bool plain = file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
    if (plain && status.st_uid == former && ::fchown(file.get(), owner.user, owner.group) != 0) {
        return Error::from_errno("cannot give " + path + "/" + name + " to the user that Kea runs as now");
    }
    return {};
}

Result<void> give_files(int folder, uid_t former, const FolderOwner& owner, const std::string& path)
{
    const auto stream = stream_of(folder);
    if (!stream) {
        return Error::from_errno("cannot read folder " + path);
    }
    for (std::size_t looked = 0; looked < most_given; ++looked) {
        // One reader for each stream. NOLINTNEXTLINE(concurrency-mt-unsafe)
        const auto* entry = ::readdir(stream.get());
        if (entry == nullptr) {
            return {};
        }
        auto given = give(folder, static_cast<const char*>(entry->d_name), former, owner, path);
        if (!given) {
            return given;
        }
    }
    return Error("too many files in " + path + " to give them to the user that Kea runs as now")
        .hint("chown -R does that");
}

// The files first: a keavrfd that is killed meanwhile finds the folder as it was.
Result<void> correct_owner(int folder, uid_t former, const std::string& path, const FolderOwner& owner)
{
    if (former != owner.user) {
        auto given = give_files(folder, former, owner, path);
        if (!given) {
            return given;
        }
    }
    if (::fchown(folder, owner.user, owner.group) != 0) {
        return Error::from_errno("cannot change the owner of folder " + path);
    }
    return {};
}

Result<void> correct(int folder, const std::string& path, const FolderOwner& owner)
{
    const auto status = look_at(folder, path);
    if (!status) {
        return status.error();
    }
    const bool anothers = status->st_uid != owner.user || status->st_gid != owner.group;
    if (anothers) {
        auto corrected = correct_owner(folder, status->st_uid, path, owner);
        if (!corrected) {
            return corrected;
        }
    }
    // After a change of owner, which may have cleared bits.
    const bool other_mode = (status->st_mode & mode_bits) != owner.mode;
    if ((anothers || other_mode) && ::fchmod(folder, owner.mode) != 0) {
        return Error::from_errno("cannot change the mode of folder " + path);
    }
    return {};
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
    if (::fchown(file, static_cast<uid_t>(-1), group) != 0 || ::fchmod(file, 0640) != 0) {
        return Error::from_errno("cannot change group and mode of " + path);
    }
    return write_all(file, text, path);
}

} // namespace

Result<void> ensure_folder(const std::string& path, const FolderOwner& owner)
{
    const auto [parent, name] = split(path);
    if (auto made = make_folders(parent, base_mode); !made) {
        return made;
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return Error::from_errno("cannot make folder " + path);
    }
    const auto folder = open_folder(path);
    if (!folder) {
        return folder.error();
    }
    return correct(folder->get(), path, owner);
}

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
        // One reader for each stream. NOLINTNEXTLINE(concurrency-mt-unsafe)
        const auto* entry = ::readdir(stream.get());
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
    if (::unlinkat(folder->get(), name.c_str(), 0) != 0 && errno != ENOENT) {
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

Result<void> replace_file(const std::string& path, std::string_view text, gid_t group)
{
    const auto [parent, name] = split(path);
    const auto folder = open_folder(parent);
    if (!folder) {
        return folder.error();
    }
    const auto temporary = "." + name + ".new";
    ::unlinkat(folder->get(), temporary.c_str(), 0); // of a keavrfd that was killed here
    const UniqueFd file(
        ::openat(folder->get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) {
        return Error::from_errno("cannot make " + parent + "/" + temporary);
    }
    auto filled = fill(file.get(), text, group, path);
    if (filled && ::renameat(folder->get(), temporary.c_str(), folder->get(), name.c_str()) != 0) {
        filled = Error::from_errno("cannot replace " + path);
    }
    if (!filled) {
        ::unlinkat(folder->get(), temporary.c_str(), 0);
    }
    return filled;
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
    UniqueFd file(
        ::openat(folder->get(), name.c_str(), O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640));
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
