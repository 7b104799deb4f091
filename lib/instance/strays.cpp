#include "instance/strays.hpp"

#include "core/log.hpp"
#include "core/unique_fd.hpp"
#include "process/process.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <set>
#include <utility>

namespace keavrf::instance {

namespace {

// From SIGTERM to SIGKILL, and from that until it is given up.
constexpr Clock::duration patience = std::chrono::seconds(1);
constexpr Clock::duration look_again = std::chrono::milliseconds(20);

bool same_file(const std::string& one, const std::string& other)
{
    struct stat first {};
    struct stat second {};
    return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
}

// The number that a name under /proc is; 0: it is none.
pid_t number_of(const std::string& name)
{
    pid_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc{} && end == name.data() + name.size() ? number : 0;
}

// A folder that changes, or goes, while it is read ends the list early.
template <class Visit>
void for_each_entry(const std::string& folder, Visit visit)
{
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    while (!failure && entry != std::filesystem::directory_iterator()) {
        visit(entry->path());
        entry.increment(failure);
    }
}

bool has_open(ProcessId pid, const kea::ServerPaths& paths)
{
    bool found = false;
    for_each_entry("/proc/" + std::to_string(pid.value()) + "/fd", [&](const std::filesystem::path& descriptor) {
        found = found || same_file(descriptor.string(), paths.lease_lock) ||
                same_file(descriptor.string(), paths.former_lock);
    });
    return found;
}

bool is_held(const std::string& lock)
{
    const UniqueFd file(::open(lock.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    return file && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

} // namespace

bool holds_lock(ProcessId pid, const kea::ServerPaths& paths)
{
    const auto input = "/proc/" + std::to_string(pid.value()) + "/fd/0";
    return same_file(input, paths.lease_lock) || same_file(input, paths.former_lock);
}

std::vector<process::ProcessIdentity> find_strays(NamespaceInode name_space, const kea::ServerPaths& paths)
{
    std::vector<process::ProcessIdentity> strays;
    for_each_entry("/proc", [&](const std::filesystem::path& folder) {
        const ProcessId pid(number_of(folder.filename().string()));
        if (pid == ProcessId()) {
            return;
        }
        auto identity = process::process_identity(pid);
        if (identity && identity->network_namespace == name_space && has_open(pid, paths)) {
            strays.push_back(std::move(*identity));
        }
    });
    return strays;
}

asio::awaitable<bool> async_end_strays(VrfName vrf, NamespaceInode name_space, kea::ServerPaths paths)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto patience_ends = Clock::now() + patience;
    std::set<ProcessId> told;
    while (is_held(paths.lease_lock) || is_held(paths.former_lock)) {
        const auto strays = find_strays(name_space, paths);
        const auto now = Clock::now();
        if (strays.empty() || now >= patience_ends + patience) {
            break;
        }
        for (const auto& stray : strays) {
            const bool news = told.insert(stray.pid).second;
            if (news) {
                log::info("remnant.stopped", vrf, "ends a process that an earlier Kea, or keavrfd, has left behind",
                          {{"pid", stray.pid.value()}, {"program", stray.executable}});
            }
            auto process = process::Process::adopt(executor, stray);
            if (process && (news || now >= patience_ends)) {
                const auto signalled = process->signal(now >= patience_ends ? SIGKILL : SIGTERM);
                (void)signalled; // the next look tells
            }
        }
        co_await async_sleep(look_again);
    }
    co_return !told.empty();
}

std::string program_of(const config::Settings& settings)
{
    std::error_code failure;
    const auto path = std::filesystem::canonical(settings.kea.dhcp4, failure);
    return failure ? settings.kea.dhcp4 : path.string();
}

asio::awaitable<void> async_stop_server(VrfName vrf, process::ProcessIdentity identity, Clock::duration limit)
{
    const auto executor = co_await asio::this_coro::executor;
    auto process = process::Process::adopt(executor, identity);
    if (!process) {
        co_return; // it has ended by itself
    }
    const auto status = co_await process->async_stop(limit);
    log::info("remnant.stopped", vrf, "stopped the Kea of an earlier keavrfd",
              {{"pid", identity.pid.value()}, {"ended", status.ended}});
}

} // namespace keavrf::instance
