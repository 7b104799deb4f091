#include "core/file.hpp"

#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace keavrf {

namespace {

Result<void> write_all(int fd, std::string_view text)
{
    while (!text.empty()) {
        const auto count = ::write(fd, text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return Error::from_errno("write");
        }
        text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    return {};
}

} // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit)
{
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) {
        return Error::from_errno("cannot read " + path);
    }
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) {
        return Error::from_errno("cannot read " + path);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error::from_errno("cannot read " + path, S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
    }
    std::string text;
    std::array<char, 16384> chunk{};
    while (true) {
        const auto count = ::read(fd.get(), chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return Error::from_errno("cannot read " + path);
        }
        if (count == 0) {
            return success(std::move(text));
        }
        text.append(chunk.data(), static_cast<std::size_t>(count));
        if (text.size() > limit) {
            return Error::from_errno("cannot read " + path, EFBIG);
        }
    }
}

Result<void> write_file(const std::string& path, std::string_view text, mode_t mode)
{
    const auto temporary = path + ".new";
    ::unlink(temporary.c_str());
    const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!fd) {
        return Error::from_errno("cannot create " + temporary);
    }
    auto written = write_all(fd.get(), text);
    if (written && ::fchmod(fd.get(), mode) != 0) { // whatever the umask took away
        written = Error::from_errno("chmod");
    }
    if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
        written = Error::from_errno("rename");
    }
    if (written.has_error()) {
        ::unlink(temporary.c_str());
        return written.error().in("cannot write " + path);
    }
    return {};
}

Result<void> make_folders(const std::string& path, mode_t mode)
{
    for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
        const auto folder = path.substr(0, at);
        // Looked at first: to make what is there waits, too, for a disk that hangs.
        struct stat there {};
        const bool found = ::stat(folder.c_str(), &there) == 0;
        const bool made = !found && ::mkdir(folder.c_str(), mode) == 0;
        if (!found && !made && errno != EEXIST) {
            return Error::from_errno("cannot create the folder " + folder);
        }
        if (made && ::chmod(folder.c_str(), mode) != 0) { // whatever the umask took away
            return Error::from_errno("cannot set the mode of the folder " + folder);
        }
        if (at == std::string::npos) {
            break;
        }
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return Error::from_errno("cannot use the folder " + path);
    }
    if (!S_ISDIR(status.st_mode)) {
        return Error::from_errno("cannot use the folder " + path, ENOTDIR);
    }
    return {};
}

} // namespace keavrf
