#include "kea/former_lock.hpp"

#include "core/text.hpp"
#include "kea/folders.hpp"
#include "process/identity.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

namespace keavrf::kea {

namespace {

// Kea and kea-lfc have it as their standard input.
std::string holders(const struct stat& lock)
{
    std::string text;
    std::error_code failure;
    const std::filesystem::directory_iterator end;
    for (std::filesystem::directory_iterator entry("/proc", failure); !failure && entry != end;
         entry.increment(failure)) {
        struct stat input {};
        const auto path = entry->path().string() + "/fd/0";
        if (::stat(path.c_str(), &input) != 0 || input.st_ino != lock.st_ino || input.st_dev != lock.st_dev) {
            continue;
        }
        const auto name = entry->path().filename().string();
        pid_t pid = 0;
        std::from_chars(name.data(), name.data() + name.size(), pid);
        const auto identity = process::process_identity(ProcessId(pid));
        text += (text.empty() ? "pid " : ", pid ") + name;
        text += identity ? " (" + escape_controls(identity->executable) + ")" : std::string();
    }
    return text.empty() ? "a process that does not have it as its standard input" : text;
}

} // namespace

Result<void> clear_former_lock(const ServerPaths& paths)
{
    const auto file = open_plain_file(paths.former_lock);
    // Whatever else it is, no keavrfd made it.
    struct stat status {};
    if (!file || ::fstat(file->get(), &status) != 0 || status.st_uid != ::geteuid()) {
        return {};
    }
    if (::flock(file->get(), LOCK_EX | LOCK_NB) == 0) {
        return remove_file(paths.former_lock);
    }
    if (errno != EWOULDBLOCK) {
        return Error::from_errno("cannot lock " + paths.former_lock);
    }
    return Error(boost::system::errc::make_error_code(boost::system::errc::operation_would_block),
                 "a Kea of an earlier keavrfd, or its kea-lfc, still works on " + paths.lease_file + ": " +
                     holders(status) + " holds " + paths.former_lock)
        .hint("stop it; this VRF is served then");
}

} // namespace keavrf::kea
