#include "process/identity.hpp"

#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>

namespace keavrf::process {

namespace {

// Of a program whose path is longer than the kernel tells (4,095 bytes).
constexpr std::string_view no_path = "(a path that is too long)";
// At a process whose threads end one after the other.
constexpr unsigned most_attempts = 3;

std::string proc_path(ProcessId pid, std::string_view entry)
{
    return "/proc/" + std::to_string(pid.value()) + "/" + std::string(entry);
}

// It runs a program: neither ended nor a thread of the kernel.
bool shows_program(const std::string& folder)
{
    std::array<char, 1> beginning{};
    const auto exe = folder + "/exe";
    return ::readlink(exe.c_str(), beginning.data(), beginning.size()) >= 0 || (errno != ENOENT && errno != ESRCH);
}

Result<std::string> read_entry(ProcessId pid, std::string_view entry)
{
    const auto path = proc_path(pid, entry);
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        return Error::from_errno("cannot open " + path);
    }
    // stat is one line; the longest has a 64-byte name and 52 numbers of at most 20 digits. Of status, the users stand
    // near the beginning.
    std::array<char, 2048> buffer{};
    const auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0) {
        return Error::from_errno("cannot read " + path);
    }
    return success(std::string(buffer.data(), static_cast<std::size_t>(count)));
}

Result<std::string> read_link(const std::string& path)
{
    std::array<char, 4096> buffer{};
    const auto count = ::readlink(path.c_str(), buffer.data(), buffer.size());
    if (count < 0) {
        return Error::from_errno("cannot read the link " + path);
    }
    return success(std::string(buffer.data(), static_cast<std::size_t>(count)));
}

Result<NamespaceInode> inode_of_path(const std::string& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return Error::from_errno("cannot look at " + path);
    }
    return NamespaceInode(status.st_ino);
}

// After the last ')': the name before it is the process's own choice (PR_SET_NAME) and may hold anything.
std::string_view after_command_name(std::string_view stat_line)
{
    const auto end = stat_line.rfind(')');
    return end == std::string_view::npos ? std::string_view{} : stat_line.substr(end + 1);
}

} // namespace

std::optional<std::uint64_t> parse_start_time(std::string_view stat_line)
{
    auto rest = after_command_name(stat_line);
    // The field after the name is number 3 (state); 22 is the start time (proc(5)).
    for (int field = 3;; ++field) {
        const auto begin = rest.find_first_not_of(" \n");
        if (begin == std::string_view::npos) {
            return std::nullopt;
        }
        rest.remove_prefix(begin);
        const auto word = rest.substr(0, rest.find_first_of(" \n"));
        if (field == 22) {
            std::uint64_t value = 0;
            const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
            const bool whole = error == std::errc{} && end == word.data() + word.size();
            return whole ? std::optional(value) : std::nullopt;
        }
        rest.remove_prefix(word.size());
    }
}

std::optional<uid_t> parse_user(std::string_view status)
{
    constexpr std::string_view key = "\nUid:";
    const auto begin = status.find(key);
    if (begin == std::string_view::npos) {
        return std::nullopt;
    }
    auto rest = status.substr(begin + key.size());
    rest = rest.substr(0, rest.find('\n'));
    // Real, effective, saved, of the file system.
    for (int field = 0; field < 2; ++field) {
        rest.remove_prefix(std::min(rest.find_first_not_of('\t'), rest.size()));
        const auto word = rest.substr(0, rest.find('\t'));
        uid_t user = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), user);
        if (error != std::errc{} || end != word.data() + word.size()) {
            return std::nullopt;
        }
        if (field == 1) {
            return user;
        }
        rest.remove_prefix(word.size());
    }
    return std::nullopt;
}

Result<uid_t> user_of(ProcessId pid)
{
    const auto context = "process " + std::to_string(pid.value());
    const auto status = read_entry(pid, "status");
    if (!status) {
        return status.error().in(context);
    }
    const auto user = parse_user(*status);
    if (!user) {
        return Error(context + ": its status has an unknown form");
    }
    return *user;
}

Result<std::string> proc_folder(ProcessId pid)
{
    auto folder = "/proc/" + std::to_string(pid.value());
    if (shows_program(folder)) {
        return success(std::move(folder));
    }
    const auto tasks = folder + "/task";
    std::error_code failure;
    std::filesystem::directory_iterator entry(tasks, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        if (shows_program(entry->path().string())) {
            return success(entry->path().string());
        }
    }
    const bool gone = failure == std::errc::no_such_file_or_directory || failure == std::errc::no_such_process;
    return !failure || gone ? success(std::move(folder))
                            : Result<std::string>(Error::from_errno("cannot read " + tasks, failure.value()));
}

namespace {

// By what one of its threads shows.
Result<ProcessIdentity> identity_in(const std::string& folder)
{
    auto executable = read_link(folder + "/exe");
    if (!executable && executable.error().is(ENAMETOOLONG)) {
        executable =
            success(std::string(no_path)); // whoever runs it has chosen so, and keeps nobody from knowing the rest
    }
    if (!executable) {
        return executable.error();
    }
    const auto name_space = inode_of_path(folder + "/ns/net");
    if (!name_space) {
        return name_space.error();
    }
    ProcessIdentity identity;
    identity.network_namespace = *name_space;
    constexpr std::string_view deleted = " (deleted)";
    if (executable->ends_with(deleted)) {
        identity.executable_replaced = true;
        executable->resize(executable->size() - deleted.size());
    }
    identity.executable = std::move(*executable);
    return identity;
}

// A thread may end while it is looked at.
Result<ProcessIdentity> identity_by_threads(ProcessId pid)
{
    Result<ProcessIdentity> identity = Error("not looked at");
    for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
        const auto folder = proc_folder(pid);
        if (!folder) {
            return folder.error();
        }
        identity = identity_in(*folder);
        if (identity || !is_gone(identity.error())) {
            return identity;
        }
    }
    const auto folder = proc_folder(pid);
    const bool lives = !folder || shows_program(*folder);
    return lives ? Result<ProcessIdentity>(Error::from_errno("its threads come and go", EAGAIN)) : identity;
}

} // namespace

Result<ProcessIdentity> process_identity(ProcessId pid)
{
    const auto context = "process " + std::to_string(pid.value());
    auto stat_line = read_entry(pid, "stat");
    if (!stat_line) {
        return stat_line.error().in(context);
    }
    const auto start_time = parse_start_time(*stat_line);
    if (!start_time) {
        return Error(context + ": /proc/" + std::to_string(pid.value()) + "/stat has an unknown form");
    }
    auto identity = identity_by_threads(pid);
    if (!identity) {
        return identity.error().in(context);
    }
    identity->pid = pid;
    identity->start_time = *start_time;
    return identity;
}

bool is_gone(const Error& error)
{
    return error.is(ENOENT) || error.is(ESRCH);
}

Result<NamespaceInode> network_namespace_of(int descriptor)
{
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        return Error::from_errno("cannot look at the namespace's descriptor");
    }
    return NamespaceInode(status.st_ino);
}

Result<NamespaceInode> own_network_namespace()
{
    return inode_of_path("/proc/thread-self/ns/net");
}

} // namespace keavrf::process
