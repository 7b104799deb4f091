#include "netns/namespace.hpp"

#include "core/namespace_scope.hpp"
#include "netns/scoped_enter.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>

namespace keavrf::netns {

namespace {

// Boost's own base class has no virtual destructor; categories are never deleted through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor)
class ProblemCategory final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "keavrf.netns"; }
    [[nodiscard]] std::string message(int value) const override
    {
        switch (static_cast<Problem>(value)) {
        case Problem::stale_file:
            return "a plain file without a namespace";
        case Problem::not_a_network_namespace:
            return "not a network namespace";
        case Problem::foreign:
            return "another namespace than the expected one";
        }
        return "unknown";
    }
};
#pragma GCC diagnostic pop

Result<UniqueFd> make_namespace()
{
    auto home = open_current_namespace();
    if (!home) {
        return home.error();
    }
    // Entering one's own namespace changes nothing; the scope's end brings us back from wherever unshare took us.
    const auto visit = NamespaceScope::enter(home->get());
    if (!visit) {
        return visit.error();
    }
    if (::unshare(CLONE_NEWNET) != 0) {
        return Error::from_errno("cannot make a network namespace").hint("CAP_SYS_ADMIN is needed");
    }
    return open_current_namespace();
}

// What iproute2 and we leave behind: an empty plain file. What is mounted on one is somebody's.
bool is_stale(int file)
{
    struct statx status {};
    return ::statx(file, "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &status) == 0 && S_ISREG(status.stx_mode) &&
           status.stx_size == 0 && (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0;
}

// Empty for what is neither a namespace nor a plain file.
std::optional<Entry> look_at(const std::string& name)
{
    const auto found = open(name);
    if (found) {
        return Entry{name, false, found->inode};
    }
    if (found.error().code() == make_error_code(Problem::stale_file)) {
        return Entry{name, true, NamespaceInode()};
    }
    return std::nullopt;
}

} // namespace

boost::system::error_code make_error_code(Problem problem) noexcept
{
    static const ProblemCategory category;
    return {static_cast<int>(problem), category};
}

std::string path_of_name(std::string_view name)
{
    return std::string(directory) + '/' + std::string(name);
}

bool valid_name(std::string_view name) noexcept
{
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

Result<NamespaceInode> inode_of(int namespace_fd)
{
    struct statfs file_system {};
    struct stat file {};
    if (::fstatfs(namespace_fd, &file_system) != 0 || ::fstat(namespace_fd, &file) != 0) {
        return Error::from_errno("cannot look at a namespace's descriptor");
    }
    if (file_system.f_type != NSFS_MAGIC || ::ioctl(namespace_fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
        const auto problem = file_system.f_type != NSFS_MAGIC && is_stale(namespace_fd)
                                 ? Problem::stale_file
                                 : Problem::not_a_network_namespace;
        const auto code = make_error_code(problem);
        return Error(code, code.message());
    }
    return NamespaceInode(file.st_ino);
}

namespace {

Result<Namespace> without_name(Result<UniqueFd> fd)
{
    if (!fd) {
        return fd.error();
    }
    const auto inode = inode_of(fd->get());
    if (!inode) {
        return inode.error();
    }
    Namespace name_space;
    name_space.fd = std::move(*fd);
    name_space.inode = *inode;
    name_space.named = false;
    return name_space;
}

} // namespace

Result<Namespace> current()
{
    return without_name(open_current_namespace());
}

Result<Namespace> create_unnamed()
{
    return without_name(make_namespace());
}

Result<Namespace> create(std::string_view name)
{
    auto made = create_unnamed();
    if (!made) {
        return made.error().in("namespace " + std::string(name));
    }
    if (const auto assigned = assign_name(*made, name); !assigned) {
        return assigned.error();
    }
    return made;
}

Result<Namespace> open_of_process(const std::string& proc_folder)
{
    const auto path = proc_folder + "/ns/net";
    Namespace name_space;
    name_space.named = false;
    name_space.fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!name_space.fd) {
        return Error::from_errno("cannot open " + path);
    }
    const auto inode = inode_of(name_space.fd.get());
    if (!inode) {
        return inode.error().in(path);
    }
    name_space.inode = *inode;
    return name_space;
}

Result<std::uint64_t> cookie_of(int namespace_fd)
{
    return run_in(namespace_fd, []() -> Result<std::uint64_t> {
        const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        std::uint64_t cookie = 0;
        socklen_t size = sizeof cookie;
        if (!socket) {
            return Error::from_errno("cannot make a socket to ask for its namespace");
        }
        if (::getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) != 0) {
            return std::uint64_t{0};
        }
        return cookie;
    });
}

Result<Namespace> open(std::string_view name)
{
    if (!valid_name(name)) {
        return invalid_name(name);
    }
    Namespace name_space;
    name_space.name = name;
    // Non-blocking and no link: whatever somebody put there, opening it does nothing else.
    name_space.fd =
        UniqueFd(::open(path_of_name(name).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
    if (!name_space.fd) {
        return Error::from_errno("cannot open " + path_of_name(name));
    }
    const auto inode = inode_of(name_space.fd.get());
    if (!inode) {
        return inode.error().in(path_of_name(name));
    }
    name_space.inode = *inode;
    return name_space;
}

Result<std::vector<Entry>> list(std::string_view prefix)
{
    std::vector<Entry> entries;
    std::error_code error;
    for (std::filesystem::directory_iterator file(directory, error), end; !error && file != end;
         file.increment(error)) {
        const auto name = file->path().filename().string();
        if (!name.starts_with(prefix)) {
            continue;
        }
        if (auto seen = look_at(name)) {
            entries.push_back(std::move(*seen));
        }
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        return Error::from_errno("cannot read /run/netns", error.value());
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return entries;
}

} // namespace keavrf::netns
