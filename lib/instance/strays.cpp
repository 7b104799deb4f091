#include "instance/strays.hpp"

#include "core/text.hpp"
#include "core/unique_fd.hpp"
#include "instance/record_file.hpp"
#include "kea/former_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
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
// Of a process, the lowest: the lock is Kea's standard input, and Kea can have 1,024. Who was taken over may open any
// number.
constexpr std::size_t most_descriptors = 4096;
// By name: there may be any number of processes too.
constexpr std::size_t most_told = 8;

struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
};

// None: there is nothing that could be looked at. A disk, or a file system of somebody's own, that does not answer is
// not asked.
Result<std::optional<struct statx>> look_at(const std::string& path, int flags)
{
    struct statx status {};
    if (::statx(AT_FDCWD, path.c_str(), flags | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &status) == 0) {
        return std::optional(status);
    }
    auto error = Error::from_errno("cannot look at " + path);
    return is_shortage(error) ? std::move(error) : Result<std::optional<struct statx>>(std::nullopt);
}

std::optional<FileId> id_in(const std::optional<struct statx>& status)
{
    return status ? std::optional(FileId{makedev(status->stx_dev_major, status->stx_dev_minor), status->stx_ino})
                  : std::nullopt;
}

// Of whatever the descriptor is open on. None: it is closed by now, or on what is none of our files, since root may
// not look at it (FUSE).
Result<std::optional<FileId>> id_of_descriptor(const std::string& path)
{
    const auto status = look_at(path, 0);
    return status ? Result<std::optional<FileId>>(id_in(*status)) : status.error();
}

// Only of a file itself: a link, which Kea's user can put there, leads to nothing of ours.
Result<std::optional<FileId>> id_of_file(const std::string& path)
{
    const auto status = look_at(path, AT_SYMLINK_NOFOLLOW);
    if (!status) {
        return status.error();
    }
    const bool file = *status && S_ISREG((*status)->stx_mode);
    return file ? id_in(*status) : std::nullopt;
}

// Those that are there.
Result<std::vector<FileId>> leases_of(const kea::ServerPaths& paths)
{
    std::vector<FileId> ids;
    for (const auto* suffix : {"", ".1", ".2", ".completed"}) {
        const auto id = id_of_file(paths.lease_file + suffix);
        if (!id) {
            return id.error();
        }
        if (*id) {
            ids.push_back(**id);
        }
    }
    return ids;
}

// Of today, and of an earlier keavrfd.
Result<std::vector<FileId>> locks_of(const kea::ServerPaths& paths)
{
    const auto lock = id_of_file(paths.lease_lock);
    const auto former = kea::open_former_lock(paths);
    if (!lock || !former) {
        return lock ? former.error() : lock.error();
    }
    std::vector<FileId> ids;
    if (*lock) {
        ids.push_back(**lock);
    }
    struct stat status {};
    if (*former && ::fstat((*former)->get(), &status) == 0) {
        ids.push_back({status.st_dev, status.st_ino});
    }
    return ids;
}

bool among(const std::vector<FileId>& files, const FileId& file)
{
    return std::find(files.begin(), files.end(), file) != files.end();
}

struct Openings {
    bool locks = false; // known to the first: no more is looked at then
    bool leases = false;
};

// Of what the thread's folder shows; nothing, where it has ended.
Result<Openings> openings_of(const std::string& thread, const std::vector<FileId>& locks,
                             const std::vector<FileId>& leases)
{
    const auto folder = thread + "/fd";
    Openings openings;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    for (std::size_t looked = 0; !failure && entry != std::filesystem::directory_iterator(); ++looked) {
        if (looked == most_descriptors || openings.locks) {
            break;
        }
        const auto id = id_of_descriptor(entry->path().string());
        if (!id) {
            return id.error();
        }
        if (*id) {
            openings.locks = among(locks, **id);
            openings.leases = openings.leases || among(leases, **id);
        }
        entry.increment(failure);
    }
    const bool gone = failure == std::errc::no_such_file_or_directory || failure == std::errc::no_such_process;
    return !failure || gone ? Result<Openings>(openings) : Error::from_errno("cannot read " + folder, failure.value());
}

// As much as it is worth; empty where it has ended.
Result<std::string> environment_of(const std::string& thread)
{
    const auto path = thread + "/environ";
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
    const auto thread = process::proc_folder(process.pid);
    if (!thread) {
        return thread.error();
    }
    const auto openings = openings_of(*thread, locks, leases);
    if (!openings) {
        return openings.error();
    }
    if (openings->locks) {
        return Kind::ours;
    }
    const auto environment = environment_of(*thread);
    if (!environment) {
        return environment.error();
    }
    if (is_environment_of(*environment, place.vrf)) {
        return Kind::ours;
    }
    const auto name = std::filesystem::path(process.executable).filename();
    const bool kea = process.executable == place.program || name == "kea-dhcp4" || name == "kea-lfc";
    if (kea || openings->leases) {
        return Kind::suspect;
    }
    // Nothing is seen of a thread that has ended meanwhile, whatever its process has open.
    const auto now = process::proc_folder(process.pid);
    if (!now) {
        return now.error();
    }
    return *now == *thread
               ? Result<Kind>(Kind::nobody)
               : Error::from_errno(
                     "the threads of process " + std::to_string(process.pid.value()) + " come and go (end it)", EAGAIN);
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
    const auto thread = process::proc_folder(pid);
    if (!thread) {
        return thread.error();
    }
    const auto input = id_of_descriptor(*thread + "/fd/0");
    const auto locks = locks_of(paths);
    if (!input || !locks) {
        return input ? locks.error() : input.error();
    }
    return *input && among(*locks, **input);
}

Result<bool> is_locked(const kea::ServerPaths& paths)
{
    const UniqueFd lock(::open(paths.lease_lock.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    const bool none = !lock && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP);
    if (!lock && !none) {
        return Error::from_errno("cannot open " + paths.lease_lock);
    }
    const auto former = kea::open_former_lock(paths);
    if (!former) {
        return former.error();
    }
    const auto held = [](const UniqueFd& file) {
        return ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    };
    return (lock && held(lock)) || (*former && held(**former));
}

std::string name_all(const std::vector<process::ProcessIdentity>& processes)
{
    std::string text;
    const auto told = std::min(processes.size(), most_told);
    for (std::size_t number = 0; number < told; ++number) {
        const auto& process = processes[number];
        text += (text.empty() ? "process " : ", process ") + std::to_string(process.pid.value());
        text += " (" + escape_controls(process.executable) + ")";
    }
    const auto more = processes.size() - told;
    return text + (more == 0 ? "" : " and " + std::to_string(more) + " more");
}

Result<Strays> find_strays(const StrayPlace& place, const std::vector<ProcessId>& inhabitants)
{
    const auto locks = locks_of(place.paths);
    if (!locks) {
        return locks.error();
    }
    const auto leases = leases_of(place.paths);
    if (!leases) {
        return leases.error();
    }
    Strays strays;
    for (const auto pid : inhabitants) {
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
