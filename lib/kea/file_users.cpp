#include "kea/file_users.hpp"

#include "core/text.hpp"
#include "process/identity.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>

namespace keavrf::kea {

namespace {

constexpr unsigned most_told = 3;

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

bool has_open(const std::string& process, const struct stat& wanted)
{
    return any_of_entries(process + "/fd", [&](const std::filesystem::path& descriptor) {
        struct stat status {};
        return ::stat(descriptor.c_str(), &status) == 0 && status.st_ino == wanted.st_ino &&
               status.st_dev == wanted.st_dev;
    });
}

} // namespace

std::string users_of(const std::string& path)
{
    struct stat wanted {};
    if (::stat(path.c_str(), &wanted) != 0) {
        return {};
    }
    std::string text;
    unsigned told = 0;
    any_of_entries("/proc", [&](const std::filesystem::path& process) {
        const auto name = process.filename().string();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        const bool number = error == std::errc{} && end == name.data() + name.size();
        if (number && pid != ::getpid() && has_open(process.string(), wanted)) {
            const auto identity = process::process_identity(ProcessId(pid));
            text += (text.empty() ? "pid " : ", pid ") + name;
            text += identity ? " (" + escape_controls(identity->executable) + ")" : std::string();
            ++told;
        }
        return told == most_told;
    });
    return text;
}

} // namespace keavrf::kea
