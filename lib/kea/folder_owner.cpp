// Whose Kea's folders are, and what is in them (folders.hpp).
#include "core/file.hpp"
#include "kea/folders.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <dirent.h>
#include <memory>

namespace keavrf::kea {

namespace {

constexpr mode_t base_mode = 0711;
constexpr mode_t mode_bits = 07777;
// Leases, logs and their rotations, and what hooks write; whoever made more than that did so on purpose.
constexpr std::size_t most_given = 16384;

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
        errno = 0; // or its end and a disk that cannot be read look the same
        // One reader for each stream. NOLINTNEXTLINE(concurrency-mt-unsafe)
        const auto* entry = ::readdir(stream.get());
        if (entry == nullptr) {
            return errno == 0 ? Result<void>() : Error::from_errno("cannot read folder " + path);
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
    struct stat status {};
    if (::fstat(folder, &status) != 0) {
        return Error::from_errno("cannot look at " + path);
    }
    const bool anothers = status.st_uid != owner.user || status.st_gid != owner.group;
    if (anothers) {
        auto corrected = correct_owner(folder, status.st_uid, path, owner);
        if (!corrected) {
            return corrected;
        }
    }
    // After a change of owner, which may have cleared bits.
    const bool other_mode = (status.st_mode & mode_bits) != owner.mode;
    if ((anothers || other_mode) && ::fchmod(folder, owner.mode) != 0) {
        return Error::from_errno("cannot change the mode of folder " + path);
    }
    return {};
}

} // namespace

Result<void> ensure_folder(const std::string& path, const FolderOwner& owner)
{
    if (auto made = make_folders(path.substr(0, path.rfind('/')), base_mode); !made) {
        return made;
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return Error::from_errno("cannot make folder " + path);
    }
    const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) {
        const auto error = Error::from_errno("cannot open folder " + path);
        const bool other = error.is(ENOTDIR) || error.is(ELOOP);
        return other ? error.hint("a file or a link is in its place, and is not followed: move it away") : error;
    }
    return correct(folder.get(), path, owner);
}

} // namespace keavrf::kea
