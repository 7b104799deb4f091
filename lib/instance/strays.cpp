#include "instance/strays.hpp"

#include "core/log.hpp"
#include "process/process.hpp"

#include <sys/stat.h>

#include <charconv>
#include <filesystem>

namespace keavrf::instance {

namespace {

bool same_file(const std::string& one, const std::string& other)
{
    struct stat first {};
    struct stat second {};
    return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
}

} // namespace

bool holds_lock(ProcessId pid, const kea::ServerPaths& paths)
{
    const auto input = "/proc/" + std::to_string(pid.value()) + "/fd/0";
    return same_file(input, paths.lease_lock) || same_file(input, paths.former_lock);
}

std::vector<process::ProcessIdentity> find_strays(NamespaceInode name_space, const std::string& program,
                                                  const kea::ServerPaths& paths)
{
    std::vector<process::ProcessIdentity> strays;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", failure)) {
        const auto name = entry.path().filename().string();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || end != name.data() + name.size()) {
            continue;
        }
        const auto identity = process::process_identity(ProcessId(pid));
        if (identity && identity->network_namespace == name_space && identity->executable == program &&
            holds_lock(identity->pid, paths)) {
            strays.push_back(*identity);
        }
    }
    return strays;
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
