#include "kea/file_users.hpp"

#include "core/text.hpp"
#include "process/identity.hpp"
#include "process/privileges.hpp"
#include "process/run.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>

namespace keavrf::kea {

namespace {

constexpr unsigned most_told = 3;
constexpr std::chrono::seconds time_limit{10};

// A folder that changes, or goes, while it is read ends the list early.
template <class Visit>
bool any_of_entries(const std::string& folder, Visit visit)
{
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    while (!failure && entry != std::filesystem::directory_iterator()) {
        if (visit(entry->path())) {
            return true;
        }
        entry.increment(failure);
    }
    return false;
}

// A disk that does not answer is not asked.
bool same_file(const char* descriptor, const struct stat& wanted)
{
    struct statx status {};
    return ::statx(AT_FDCWD, descriptor, AT_STATX_DONT_SYNC, STATX_INO, &status) == 0 &&
           status.stx_ino == wanted.st_ino && makedev(status.stx_dev_major, status.stx_dev_minor) == wanted.st_dev;
}

// The mode of the link itself says how the file was opened.
bool for_writing(const char* descriptor)
{
    struct stat link {};
    return ::lstat(descriptor, &link) == 0 && (link.st_mode & S_IWUSR) != 0;
}

bool has_open(const std::string& process, const struct stat& wanted, Access access)
{
    return any_of_entries(process + "/fd", [&](const std::filesystem::path& descriptor) {
        return same_file(descriptor.c_str(), wanted) && (access == Access::any || for_writing(descriptor.c_str()));
    });
}

process::SpawnOptions looker(const std::string& path, Access access)
{
    process::SpawnOptions options;
    options.path = "keavrfd-users";
    options.capabilities = process::capability_bit(CAP_SYS_PTRACE) | process::capability_bit(CAP_DAC_OVERRIDE);
    options.work = [path, access] {
        const auto text = users_of(path, access);
        // A pipe takes that much at once.
        return ::write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
    };
    return options;
}

} // namespace

std::string users_of(const std::string& path, Access access)
{
    struct stat wanted {};
    // What a link leads to is another file: Kea's user can put one there.
    if (::lstat(path.c_str(), &wanted) != 0 || !S_ISREG(wanted.st_mode)) {
        return {};
    }
    std::string text;
    unsigned told = 0;
    any_of_entries("/proc", [&](const std::filesystem::path& process) {
        const auto name = process.filename().string();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        const bool number = error == std::errc{} && end == name.data() + name.size();
        if (number && pid != ::getpid() && has_open(process.string(), wanted, access)) {
            const auto identity = process::process_identity(ProcessId(pid));
            text += (text.empty() ? "pid " : ", pid ") + name;
            text += identity ? " (" + escape_controls(identity->executable) + ")" : std::string();
            ++told;
        }
        return told == most_told;
    });
    return text;
}

asio::awaitable<std::string> async_users_of(std::string path, Access access)
{
    auto options = looker(path, access);
    const auto ran = co_await process::async_run(std::move(options), time_limit);
    const bool told = ran && ran->status.success() && !ran->output.empty();
    co_return told ? ran->output : std::string("a process that cannot be seen from here (is it in a container?)");
}

} // namespace keavrf::kea
