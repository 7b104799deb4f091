#include "kea/former_lock.hpp"

#include "kea/folders.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace keavrf::kea {

namespace {

// None; a link; what is no plain file, as a socket. EWOULDBLOCK: its owner, who is not root, keeps others from it
// (F_SETLEASE of fcntl(2)).
bool tells_of_no_lock(const Error& error)
{
    constexpr std::array of_kea{ENOENT, ENOTDIR, ELOOP, EINVAL, ENXIO, EWOULDBLOCK};
    return std::any_of(of_kea.begin(), of_kea.end(), [&](int number) { return error.is(number); });
}

} // namespace

Result<std::optional<UniqueFd>> open_former_lock(const ServerPaths& paths)
{
    std::optional<UniqueFd> none;
    auto file = open_plain_file(paths.former_lock);
    if (!file) {
        return tells_of_no_lock(file.error()) ? Result<std::optional<UniqueFd>>(std::move(none)) : file.error();
    }
    struct stat status {};
    if (::fstat(file->get(), &status) != 0) {
        return Error::from_errno("cannot look at " + paths.former_lock);
    }
    return status.st_uid == ::geteuid() ? std::optional(std::move(*file)) : std::move(none);
}

Result<void> clear_former_lock(const ServerPaths& paths)
{
    const auto file = open_former_lock(paths);
    if (!file) {
        return file.error();
    }
    if (!*file) {
        return {};
    }
    if (::flock((*file)->get(), LOCK_EX | LOCK_NB) == 0) {
        return remove_file(paths.former_lock);
    }
    if (errno != EWOULDBLOCK) {
        return Error::from_errno("cannot lock " + paths.former_lock);
    }
    return Error::from_errno(paths.former_lock + " is held", EWOULDBLOCK);
}

} // namespace keavrf::kea
