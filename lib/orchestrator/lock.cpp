#include "orchestrator/lock.hpp"

#include "core/file.hpp"
#include "core/log.hpp"
#include "process/identity.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <map>

namespace keavrf::orchestrator {

namespace {

constexpr int attempts_at_start = 300;
constexpr std::chrono::seconds keep_interval{1};

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

// By its number in the file; a zombie is gone too. In another PID namespace it seems to be gone, and costs three
// seconds of waiting.
bool holder_gone(int fd)
{
    const auto pid = std::strtol(holder(fd).c_str(), nullptr, 10);
    const auto process = process::process_identity(ProcessId(static_cast<pid_t>(pid)));
    return pid > 0 && !process && (process.error().is(ENOENT) || process.error().is(ESRCH));
}

// Blocks between attempts: more than one only at the start, before there is anything that could wait.
bool lock_soon(int fd, int attempts)
{
    constexpr timespec pause{0, 10'000'000};
    for (int attempt = 0;; ++attempt) {
        if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return true;
        }
        const int reason = errno;
        if (reason != EWOULDBLOCK || attempt + 1 >= attempts || !holder_gone(fd)) {
            errno = reason;
            return false;
        }
        ::nanosleep(&pause, nullptr);
    }
}

// A file that its last holder removed between our open and our lock locks nobody out.
bool still_there(int fd, const std::string& path)
{
    struct stat held {};
    struct stat named {};
    return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

Error held_by_another(const std::string& pid, const std::string& what)
{
    return Error(boost::system::errc::make_error_code(boost::system::errc::device_or_resource_busy),
                 "another keavrfd (pid " + pid + ") already uses " + what)
        .hint("stop it first, or give this one a runtime-dir, state-dir, log-dir and netns-prefix of its own");
}

Result<void> write_pid(int fd, const std::string& path)
{
    const auto pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
        // It says only who holds the lock; on a full disk keavrfd serves all the same.
        if (errno == ENOSPC || errno == EDQUOT) {
            return {};
        }
        return Error::from_errno("cannot write " + path).hint("is the disk full?");
    }
    return {};
}

} // namespace

// True: a file was taken, in place of what was held before.
Result<bool> Lock::carry_out(LockSteps steps, int attempts)
{
    using Step = LockSteps::Step;
    UniqueFd taken;
    while (!steps.ended()) {
        bool yes = true;
        if (steps.step() == Step::open) {
            taken = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
            if (!taken) {
                return Error::from_errno("cannot open the lock file " + path_)
                    .hint("keavrfd needs a folder that it can write; is the file system read-only?");
            }
        } else if (steps.step() == Step::lock) {
            if (!lock_soon(taken.get(), attempts)) {
                return errno == EWOULDBLOCK ? held_by_another(holder(taken.get()), what_)
                                            : Error::from_errno("cannot lock " + path_);
            }
        } else if (steps.step() == Step::remove) {
            ::unlink(path_.c_str());
        } else if (steps.step() == Step::close) {
            fd_ = UniqueFd();
        } else {
            yes = still_there(steps.step() == Step::look ? taken.get() : fd_.get(), path_);
        }
        steps.done(yes);
    }
    if (!taken) {
        return false;
    }
    const auto written = write_pid(taken.get(), path_);
    if (!written) {
        return written.error();
    }
    fd_ = std::move(taken);
    return true;
}

Result<Lock> Lock::acquire(const std::string& path, const std::string& what)
{
    Lock lock(path, what);
    const auto taken = lock.carry_out(LockSteps::take(), attempts_at_start);
    if (!taken) {
        return taken.error();
    }
    return lock;
}

Result<bool> Lock::keep()
{
    if (!still_there(fd_.get(), path_)) {
        const auto made = make_folders(path_.substr(0, path_.rfind('/')), 0711);
        if (!made) {
            return made.error();
        }
    }
    return carry_out(LockSteps::keep(), 1);
}

Lock::~Lock()
{
    if (fd_ && !leaves_file_) {
        const auto gone = carry_out(LockSteps::let_go(), 1);
        (void)gone;
    }
}

asio::awaitable<void> keep_locks(std::vector<Lock>* locks)
{
    std::map<std::string, std::string> told; // by path: each trouble once
    while (true) {
        co_await async_sleep(keep_interval);
        for (auto& lock : *locks) {
            const auto kept = lock.keep();
            const auto trouble = kept ? std::string() : kept.error().message();
            if (kept && *kept) {
                log::warning("lock.remade", "", "somebody removed a lock file; it is made anew",
                             {{"file", lock.path()}});
            } else if (!kept && told[lock.path()] != trouble) {
                log::error("lock.lost", "", "somebody removed a lock file, and it cannot be had again: " + trouble,
                           {{"file", lock.path()}});
            }
            told[lock.path()] = trouble;
        }
    }
}

} // namespace keavrf::orchestrator
