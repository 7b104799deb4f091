#include "orchestrator/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace keavrf::orchestrator {

namespace {

// The pid its holder wrote into the file, as text; "unknown" when it cannot be read.
std::string holder(int fd)
{
    std::array<char, 32> text{};
    const auto count = ::pread(fd, text.data(), text.size(), 0);
    std::string pid;
    for (ssize_t at = 0;
         at < count && text.at(static_cast<std::size_t>(at)) >= '0' && text.at(static_cast<std::size_t>(at)) <= '9';
         ++at) {
        pid += text.at(static_cast<std::size_t>(at));
    }
    return pid.empty() ? "unknown" : pid;
}

// A file that its last holder removed between our open and our lock locks nobody out.
bool still_there(int fd, const std::string& path)
{
    struct stat held {};
    struct stat named {};
    return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

Result<void> write_pid(int fd, const std::string& path)
{
    const auto pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
        return Error::from_errno("cannot write " + path).hint("is the disk full?");
    }
    return {};
}

} // namespace

Result<Lock> Lock::acquire(const std::string& path, const std::string& what)
{
    while (true) {
        UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!fd) {
            return Error::from_errno("cannot open the lock file " + path)
                .hint("keavrfd needs a folder that it can write; is the file system read-only?");
        }
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) {
                return Error(boost::system::errc::make_error_code(boost::system::errc::device_or_resource_busy),
                             "another keavrfd (pid " + holder(fd.get()) + ") already uses " + what)
                    .hint("stop it first, or give this one a runtime-dir, state-dir and netns-prefix of its own");
            }
            return Error::from_errno("cannot lock " + path);
        }
        if (still_there(fd.get(), path)) {
            const auto written = write_pid(fd.get(), path);
            if (!written) {
                return written.error();
            }
            return Lock(std::move(fd), path);
        }
    }
}

Lock::~Lock()
{
    if (fd_) {
        ::unlink(path_.c_str());
    }
}

} // namespace keavrf::orchestrator
