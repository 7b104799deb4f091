#include "instance/strays.hpp"

#include "core/text.hpp"
#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

namespace keavrf::instance {

namespace {

// Of an environment; Kea's has less.
constexpr std::size_t environment_limit = 65536;

struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
};

// None: there is no such file.
Result<std::optional<FileId>> id_of(const std::string& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        return std::optional(FileId{status.st_dev, status.st_ino});
    }
    if (errno == ENOENT || errno == ENOTDIR || errno == ESRCH) {
        return std::optional<FileId>();
    }
    return Error::from_errno("cannot look at " + path);
}

Result<std::vector<FileId>> ids_of(const std::vector<std::string>& paths)
{
    std::vector<FileId> ids;
    for (const auto& path : paths) {
        const auto id = id_of(path);
        if (!id) {
            return id.error();
        }
        if (*id) {
            ids.push_back(**id);
        }
    }
    return ids;
}

bool among(const std::vector<FileId>& files, const FileId& file)
{
    return std::find(files.begin(), files.end(), file) != files.end();
}

std::string folder_of(ProcessId pid)
{
    return "/proc/" + std::to_string(pid.value());
}

// Nothing, where it has ended.
Result<std::vector<FileId>> open_files_of(ProcessId pid)
{
    const auto folder = folder_of(pid) + "/fd";
    std::vector<FileId> files;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    while (!failure && entry != std::filesystem::directory_iterator()) {
        const auto id = id_of(entry->path().string());
        if (!id) {
            return id.error();
        }
        if (*id) {
            files.push_back(**id);
        }
        entry.increment(failure);
    }
    const bool gone = failure == std::errc::no_such_file_or_directory || failure == std::errc::no_such_process;
    return !failure || gone ? Result<std::vector<FileId>>(std::move(files))
                            : Error::from_errno("cannot read " + folder, failure.value());
}

// As much as it is worth; empty where it has ended.
Result<std::string> environment_of(ProcessId pid)
{
    const auto path = folder_of(pid) + "/environ";
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto gone = [](int number) { return number == ENOENT || number == ESRCH; };
    if (!file) {
        return gone(errno) ? success({}) : Error::from_errno("cannot open " + path);
    }
    std::string text;
    std::array<char, 4096> chunk{};
    while (text.size() < environment_limit) {
        const auto count = ::read(file.get(), chunk.data(), chunk.size());
        if (count < 0 && errno != EINTR) {
            return gone(errno) ? success({}) : Error::from_errno("cannot read " + path);
        }
        if (count == 0) {
            break;
        }
        text.append(chunk.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    return success(std::move(text));
}

enum class Kind { nobody, ours, suspect };

// `locks`, `leases`: the files that are there.
Result<Kind> kind_of(const process::ProcessIdentity& process, const StrayPlace& place, const std::vector<FileId>& locks,
                     const std::vector<FileId>& leases)
{
    const auto open = open_files_of(process.pid);
    if (!open) {
        return open.error();
    }
    const auto has_one_of = [&open](const std::vector<FileId>& files) {
        return std::any_of(open->begin(), open->end(), [&](const FileId& one) { return among(files, one); });
    };
    if (has_one_of(locks)) {
        return Kind::ours;
    }
    const auto environment = environment_of(process.pid);
    if (!environment) {
        return environment.error();
    }
    if (is_environment_of(*environment, place.vrf)) {
        return Kind::ours;
    }
    const auto name = std::filesystem::path(process.executable).filename();
    const bool kea = process.executable == place.program || name == "kea-dhcp4" || name == "kea-lfc";
    return kea || has_one_of(leases) ? Kind::suspect : Kind::nobody;
}

} // namespace

bool is_environment_of(std::string_view environment, const VrfName& vrf)
{
    constexpr std::string_view key = "KEA_PIDFILE_DIR=";
    const auto end_of_value = "/" + escape_path_component(vrf.str()) + "/kea";
    while (!environment.empty()) {
        const auto entry = environment.substr(0, environment.find('\0'));
        if (entry.starts_with(key) && entry.ends_with(end_of_value)) {
            return true;
        }
        environment.remove_prefix(std::min(entry.size() + 1, environment.size()));
    }
    return false;
}

Result<bool> holds_lock(ProcessId pid, const kea::ServerPaths& paths)
{
    const auto input = id_of(folder_of(pid) + "/fd/0");
    const auto locks = ids_of({paths.lease_lock, paths.former_lock});
    if (!input || !locks) {
        return input ? locks.error() : input.error();
    }
    return *input && among(*locks, **input);
}

Result<bool> is_locked(const kea::ServerPaths& paths)
{
    for (const auto& lock : {paths.lease_lock, paths.former_lock}) {
        const UniqueFd file(::open(lock.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        const bool none = !file && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP);
        if (!file && !none) {
            return Error::from_errno("cannot open " + lock);
        }
        if (file && ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            return true;
        }
    }
    return false;
}

std::string name_all(const std::vector<process::ProcessIdentity>& processes)
{
    std::string text;
    for (const auto& process : processes) {
        text += (text.empty() ? "process " : ", process ") + std::to_string(process.pid.value());
        text += " (" + escape_controls(process.executable) + ")";
    }
    return text;
}

Result<Strays> find_strays(const StrayPlace& place, Census& census, Clock::time_point not_before)
{
    const auto inhabitants = census.inhabitants(place.name_space, not_before);
    const auto locks = ids_of({place.paths.lease_lock, place.paths.former_lock});
    const auto& file = place.paths.lease_file;
    const auto leases = ids_of({file, file + ".1", file + ".2", file + ".completed"});
    if (!inhabitants || !locks || !leases) {
        return !inhabitants ? inhabitants.error() : !locks ? locks.error() : leases.error();
    }
    Strays strays;
    for (const auto pid : *inhabitants) {
        auto process = process::process_identity(pid);
        if (!process && !process::is_gone(process.error())) {
            return process.error();
        }
        if (!process || process->network_namespace != place.name_space) {
            continue;
        }
        const auto kind = kind_of(*process, place, *locks, *leases);
        if (!kind) {
            return kind.error();
        }
        if (*kind != Kind::nobody) {
            (*kind == Kind::ours ? strays.ours : strays.suspects).push_back(std::move(*process));
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

} // namespace keavrf::instance
