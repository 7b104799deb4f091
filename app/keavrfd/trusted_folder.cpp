#include "trusted_folder.hpp"

#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>

namespace keavrf {

namespace {

constexpr mode_t by_group = S_IWGRP;
constexpr mode_t by_others = S_IWOTH;

struct Fault {
    std::string what;
    std::string remedy;
};

std::string user_name(uid_t user)
{
    std::array<char, 4096> text{};
    passwd entry{};
    passwd* found = nullptr;
    const bool known = ::getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr;
    return known ? std::string(found->pw_name) : "user " + std::to_string(user);
}

Error refused(const Fault& fault)
{
    return Error(boost::system::errc::make_error_code(boost::system::errc::permission_denied), fault.what)
        .hint("root alone may be able to write there, or whoever else is leads keavrfd where it likes: " +
              fault.remedy);
}

std::optional<Fault> fault_of(const std::string& path, const struct stat& status, mode_t not_for)
{
    if (status.st_uid != ::geteuid()) {
        return Fault{path + " belongs to " + user_name(status.st_uid), "chown root:root " + path};
    }
    if ((status.st_mode & not_for) != 0) {
        const bool all = (status.st_mode & by_others) != 0;
        return Fault{path + " is writable by " + (all ? "everybody" : "its group"), "chmod go-w " + path};
    }
    return std::nullopt;
}

// Of a folder above: whoever may write there may put another in place of the next, but not of root's where it is
// sticky.
mode_t not_for_above(const struct stat& status, std::optional<gid_t> foreign_group)
{
    if ((status.st_mode & S_ISVTX) != 0) {
        return 0;
    }
    return foreign_group && status.st_gid != *foreign_group ? by_others : by_group | by_others;
}

Result<void> check_each(const std::filesystem::path& path, std::optional<gid_t> foreign_group)
{
    std::filesystem::path part;
    for (const auto& name : path) {
        part /= name;
        const bool last = part == path;
        struct stat link {};
        struct stat status {};
        if (::lstat(part.c_str(), &link) != 0 || ::stat(part.c_str(), &status) != 0) {
            return {}; // not there, and made by root; or told by whoever makes it
        }
        auto fault = S_ISLNK(link.st_mode) ? fault_of(part, link, 0) : std::nullopt;
        if (!fault) {
            fault = fault_of(part, status, last ? by_group | by_others : not_for_above(status, foreign_group));
        }
        if (fault) {
            return refused(*fault);
        }
    }
    return {};
}

bool is_mounted_and_open(int folder)
{
    constexpr mode_t open_to_all = S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO;
    struct stat status {};
    struct stat above {};
    return ::fstat(folder, &status) == 0 && ::fstatat(folder, "..", &above, 0) == 0 && status.st_dev != above.st_dev &&
           status.st_uid == ::geteuid() && (status.st_mode & open_to_all) == open_to_all;
}

bool holds_only_own(const std::string& path)
{
    std::error_code failure;
    std::filesystem::directory_iterator entry(path, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        struct stat status {};
        if (::lstat(entry->path().c_str(), &status) != 0 || status.st_uid != ::geteuid()) {
            return false;
        }
    }
    return !failure;
}

// Mounted as such by many a system, and everybody's.
bool is_shared_by_custom(const std::string& path)
{
    constexpr std::array<std::string_view, 4> shared{"/tmp", "/var/tmp", "/dev/shm", "/run/lock"};
    return std::find(shared.begin(), shared.end(), path) != shared.end();
}

} // namespace

bool close_new_mount(const std::string& path, mode_t mode)
{
    const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder || is_shared_by_custom(path) || !is_mounted_and_open(folder.get()) ||
        ::fchmod(folder.get(), mode) != 0) {
        return false;
    }
    // Now nobody adds anything any more.
    if (!holds_only_own(path)) {
        (void)::fchmod(folder.get(), S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO);
        return false;
    }
    return true;
}

Result<void> check_trusted(const std::string& path, std::optional<gid_t> foreign_group)
{
    auto checked = check_each(path, foreign_group);
    std::error_code failure;
    const auto real = std::filesystem::weakly_canonical(path, failure);
    if (checked && !failure && real != path) {
        checked = check_each(real, foreign_group);
    }
    return checked;
}

Result<void> check_own(const std::string& path)
{
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return {};
    }
    const auto aside = "mv " + path + " " + path + ".aside; keavrfd makes a new one";
    if (!S_ISDIR(status.st_mode)) {
        return refused({path + (S_ISLNK(status.st_mode) ? " is a link, not a folder" : " is not a folder"), aside});
    }
    const auto fault = fault_of(path, status, by_group | by_others);
    return fault ? Result<void>(refused({fault->what, aside})) : Result<void>();
}

} // namespace keavrf
