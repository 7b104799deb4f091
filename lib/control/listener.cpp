#include "control/server.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <vector>

namespace keavrf::control {

namespace {

Result<sockaddr_un> address_of(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return Error("control socket " + path + ": a path of a unix socket has 1 to " +
                     std::to_string(sizeof(address.sun_path) - 1) + " characters, not " + std::to_string(path.size()))
            .hint("choose a shorter runtime-dir");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

// Zero when somebody listens there, else why connecting failed.
int try_connect(const sockaddr_un& address)
{
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
        return errno;
    }
    const bool connected = ::connect(socket.get(), generic(address), sizeof(address)) == 0;
    // EAGAIN: its queue of connections is full, so there is a listener.
    return connected || errno == EAGAIN ? 0 : errno;
}

Result<void> remove_stale(const std::string& path, const sockaddr_un& address)
{
    const std::string what = "control socket " + path;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? Result<void>() : Error::from_errno(what);
    }
    if (!S_ISSOCK(status.st_mode)) {
        return Error(what + ": something that is no socket is in the way").hint("remove it, or change runtime-dir");
    }
    const int reason = try_connect(address);
    if (reason == 0) {
        return Error(boost::system::errc::make_error_code(boost::system::errc::address_in_use),
                     what + ": another keavrfd listens on it")
            .hint("stop that one, or give this one another runtime-dir");
    }
    if (reason != ECONNREFUSED) {
        return Error::from_errno(what + ": cannot tell whether another keavrfd listens on it", reason);
    }
    return ::unlink(path.c_str()) == 0 ? Result<void>() : Error::from_errno(what + ": cannot remove the stale file");
}

std::optional<gid_t> find_group(const std::string& name)
{
    std::vector<char> buffer(std::size_t{64} << 10U);
    group entry{};
    group* found = nullptr;
    if (name.empty() || ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
        found == nullptr) {
        return std::nullopt;
    }
    return entry.gr_gid;
}

Result<void> give_to(const std::string& path, std::optional<gid_t> group)
{
    if (group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) {
        return Error::from_errno("control socket " + path + ": cannot give it to its group");
    }
    if (::chmod(path.c_str(), group ? 0660 : 0600) != 0) {
        return Error::from_errno("control socket " + path + ": cannot set its mode");
    }
    return {};
}

} // namespace

Listener::Listener(UniqueFd descriptor, std::string path, bool group_missing) noexcept
    : descriptor_(std::move(descriptor)), path_(std::move(path)), group_missing_(group_missing)
{
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0) {
        device_ = status.st_dev;
        inode_ = status.st_ino;
    }
}

Listener::Listener(Listener&& other) noexcept
    : descriptor_(std::move(other.descriptor_)), path_(std::exchange(other.path_, {})), device_(other.device_),
      inode_(other.inode_), group_missing_(other.group_missing_)
{
}

Listener::~Listener()
{
    struct stat status {};
    if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

Result<Listener> open_listener(const std::string& path, const std::string& group)
{
    const auto address = address_of(path);
    if (!address) {
        return address.error();
    }
    if (const auto removed = remove_stale(path, *address); !removed) {
        return removed.error();
    }
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket || ::bind(socket.get(), generic(*address), sizeof(*address)) != 0) {
        return Error::from_errno("control socket " + path);
    }
    const auto gid = find_group(group);
    Listener listener(std::move(socket), path, !group.empty() && !gid);
    // Nobody can connect before listen(), so there is no moment with the wrong mode.
    if (const auto given = give_to(path, gid); !given) {
        return given.error();
    }
    if (const auto listening = listener.listen(); !listening) {
        return listening.error();
    }
    return listener;
}

Result<void> Listener::listen() const
{
    return ::listen(descriptor_.get(), SOMAXCONN) == 0 ? Result<void>() : Error::from_errno("control socket " + path_);
}

} // namespace keavrf::control
