#include "kea/former_lock.hpp"

#include "kea/file_users.hpp"
#include "kea/folders.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace keavrf::kea {

Result<void> clear_former_lock(const ServerPaths& paths)
{
    const auto file = open_plain_file(paths.former_lock);
    // None, a link, or what is no plain file. Any other failure tells nothing of who holds it.
    const bool none = !file && (file.error().is(ENOENT) || file.error().is(ELOOP) || file.error().is(EINVAL) ||
                                file.error().is(ENXIO));
    if (none) {
        return {};
    }
    struct stat status {};
    if (!file || ::fstat(file->get(), &status) != 0) {
        return file ? Error::from_errno("cannot look at " + paths.former_lock) : file.error();
    }
    // Whatever else it is, no keavrfd made it.
    if (status.st_uid != ::geteuid()) {
        return {};
    }
    if (::flock(file->get(), LOCK_EX | LOCK_NB) == 0) {
        return remove_file(paths.former_lock);
    }
    if (errno != EWOULDBLOCK) {
        return Error::from_errno("cannot lock " + paths.former_lock);
    }
    const auto holders = users_of(paths.former_lock);
    return Error(boost::system::errc::make_error_code(boost::system::errc::operation_would_block),
                 "a Kea of an earlier keavrfd, or its kea-lfc, still works on " + paths.lease_file + ": " +
                     (holders.empty() ? "a process that cannot be seen" : holders) + " holds " + paths.former_lock)
        .hint("stop it; this VRF is served then");
}

} // namespace keavrf::kea
