#include "instance/census.hpp"

#include "process/identity.hpp"

#include <poll.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <dirent.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace keavrf::instance {

namespace {

// A look takes some 5 ms for a thousand processes: at most a fifth of the time goes into looking.
constexpr std::chrono::milliseconds pause{20};
constexpr int pause_part = 4;

// The number that a name under /proc is; 0: it is none.
pid_t number_of(std::string_view name)
{
    pid_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc{} && end == name.data() + name.size() ? number : 0;
}

// Who ends while it is looked at, and a kernel thread or another whose namespace is nobody's to see, lives in none of
// ours.
bool is_no_inhabitant(int number)
{
    return number == ENOENT || number == ESRCH || number == EACCES || number == EPERM;
}

Error cannot_look(std::string_view what)
{
    return Error::from_errno(what).in("cannot look who lives in its namespace");
}

// Its network namespace. None: it lives in none of ours.
Result<std::optional<ino_t>> home_of(ProcessId pid)
{
    const auto path = "/proc/" + std::to_string(pid.value()) + "/ns/net";
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        return std::optional(status.st_ino);
    }
    if (errno == ENOENT || errno == ESRCH) {
        const auto identity = process::process_identity(pid); // its main thread has ended, and perhaps no other
        if (identity) {
            return std::optional(static_cast<ino_t>(identity->network_namespace.value()));
        }
        // EAGAIN: one that hides so shall keep no VRF from knowing who lives in its own.
        const bool untold = process::is_gone(identity.error()) || identity.error().is(EAGAIN);
        return untold ? Result<std::optional<ino_t>>(std::nullopt)
                      : identity.error().in("cannot look who lives in its namespace");
    }
    return is_no_inhabitant(errno) ? Result<std::optional<ino_t>>(std::nullopt) : cannot_look(path);
}

// Whoever has the other end of the pipe.
bool has_ended(const UniqueFd& alive)
{
    pollfd end{alive.get(), 0, 0}; // POLLHUP is always told
    return ::poll(&end, 1, 0) != 0;
}

} // namespace

Result<void> Census::look()
{
    ++looks_;
    const auto began = Clock::now();
    const auto close = [](DIR* stream) { ::closedir(stream); };
    const std::unique_ptr<DIR, decltype(close)> stream(::opendir("/proc"), close);
    if (!stream) {
        return cannot_look("/proc");
    }
    std::unordered_map<std::uint64_t, std::vector<ProcessId>> found;
    while (true) {
        errno = 0; // or its end and a failure look the same
        // One reader for each stream. NOLINTNEXTLINE(concurrency-mt-unsafe)
        const auto* entry = ::readdir(stream.get());
        if (entry == nullptr && errno != 0) {
            return cannot_look("/proc");
        }
        if (entry == nullptr) {
            break;
        }
        const auto pid = number_of(static_cast<const char*>(entry->d_name));
        if (pid == 0) {
            continue;
        }
        const auto home = home_of(ProcessId(pid));
        if (!home) {
            return home.error();
        }
        if (*home) {
            found[**home].emplace_back(pid);
        }
    }
    by_namespace_ = std::move(found);
    began_ = began;
    const auto now = Clock::now();
    next_ = now + pause + pause_part * (now - began);
    return {};
}

bool Census::knows(Clock::time_point not_before) const noexcept
{
    return began_ != Clock::time_point::min() && began_ >= not_before;
}

Result<std::vector<ProcessId>> Census::inhabitants(NamespaceInode name_space, Clock::time_point not_before)
{
    if (!knows(not_before)) {
        const auto looked = look();
        if (!looked) {
            return looked.error();
        }
    }
    const auto found = by_namespace_.find(name_space.value());
    return found == by_namespace_.end() ? std::vector<ProcessId>() : found->second;
}

void Census::remember_looker(NamespaceInode name_space, UniqueFd alive)
{
    std::erase_if(lookers_, [](const auto& entry) { return has_ended(entry.second); });
    lookers_[name_space.value()] = std::move(alive);
}

bool Census::looker_lives(NamespaceInode name_space) const
{
    const auto found = lookers_.find(name_space.value());
    return found != lookers_.end() && !has_ended(found->second);
}

} // namespace keavrf::instance
