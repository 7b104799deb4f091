#include "netns/namespace.hpp"

#include "core/namespace_scope.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
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

std::string path_of(std::string_view name)
{
    return std::string(directory) + '/' + std::string(name);
}

std::string about(std::string_view name)
{
    return "namespace " + std::string(name);
}

Error invalid_name(std::string_view name)
{
    return Error::from_errno(about(name), EINVAL).hint("a name is one path component of at most 255 bytes");
}

// What a failed mount or mkdir means in a container that may do neither: live without names.
bool means_no_mounts_here(int number)
{
    return number == EPERM || number == EACCES || number == EROFS;
}

// A shared mount point at /run/netns, as `ip netns add` makes it: names mounted in one mount namespace then show in
// the others, and are unmounted there too.
Result<void> prepare_directory()
{
    if (::mkdir(directory, 0755) != 0 && errno != EEXIST) {
        return Error::from_errno("cannot make /run/netns");
    }
    if (::mount("", directory, "none", MS_SHARED | MS_REC, nullptr) == 0) {
        return {};
    }
    if (errno != EINVAL) {
        return Error::from_errno("cannot make /run/netns a shared mount");
    }
    // Not a mount point yet. iproute2 takes the same lock, so that no two programs mount it over each other.
    const UniqueFd lock(::open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
        return Error::from_errno("cannot lock /run/netns");
    }
    if (::mount("", directory, "none", MS_SHARED | MS_REC, nullptr) == 0) {
        return {};
    }
    if (::mount(directory, directory, "none", MS_BIND | MS_REC, nullptr) != 0 ||
        ::mount("", directory, "none", MS_SHARED | MS_REC, nullptr) != 0) {
        return Error::from_errno("cannot make /run/netns a shared mount");
    }
    return {};
}

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

Result<void> give_name(std::string_view name, const UniqueFd& name_space)
{
    if (auto prepared = prepare_directory(); !prepared) {
        return prepared;
    }
    const auto path = path_of(name);
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
    if (!file) {
        return Error::from_errno("cannot make " + path);
    }
    const auto source = "/proc/self/fd/" + std::to_string(name_space.get());
    if (::mount(source.c_str(), path.c_str(), "none", MS_BIND, nullptr) != 0) {
        const auto error = Error::from_errno("cannot mount a namespace on " + path);
        ::unlink(path.c_str());
        return error;
    }
    return {};
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
        const auto problem = S_ISREG(file.st_mode) && file_system.f_type != NSFS_MAGIC
                                 ? Problem::stale_file
                                 : Problem::not_a_network_namespace;
        const auto code = make_error_code(problem);
        return Error(code, code.message());
    }
    return NamespaceInode(file.st_ino);
}

Result<Namespace> current()
{
    auto fd = open_current_namespace();
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

Result<Namespace> create_unnamed()
{
    auto fd = make_namespace();
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

Result<Namespace> create(std::string_view name)
{
    if (!valid_name(name)) {
        return invalid_name(name);
    }
    auto fd = make_namespace();
    if (!fd) {
        return fd.error().in(about(name));
    }
    const auto inode = inode_of(fd->get());
    if (!inode) {
        return inode.error().in(about(name));
    }
    Namespace name_space;
    name_space.name = name;
    name_space.fd = std::move(*fd);
    name_space.inode = *inode;
    if (const auto given = give_name(name, name_space.fd); !given) {
        if (!means_no_mounts_here(given.error().code().value())) {
            return given.error().in(about(name));
        }
        name_space.named = false;
        name_space.unnamed_because = given.error().message();
    }
    return name_space;
}

Result<Namespace> open(std::string_view name)
{
    if (!valid_name(name)) {
        return invalid_name(name);
    }
    Namespace name_space;
    name_space.name = name;
    // Non-blocking and no link: whatever somebody put there, opening it does nothing else.
    name_space.fd = UniqueFd(::open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
    if (!name_space.fd) {
        return Error::from_errno("cannot open " + path_of(name));
    }
    const auto inode = inode_of(name_space.fd.get());
    if (!inode) {
        return inode.error().in(path_of(name));
    }
    name_space.inode = *inode;
    return name_space;
}

Result<void> remove(std::string_view name, NamespaceInode expected)
{
    const auto found = open(name);
    if (!found) {
        return found.error();
    }
    const auto path = path_of(name);
    if (found->inode != expected) {
        return Error(make_error_code(Problem::foreign), path + " is namespace " + std::to_string(found->inode.value()) +
                                                            ", not " + std::to_string(expected.value()) +
                                                            ": left alone");
    }
    if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) {
        return Error::from_errno("cannot unmount " + path);
    }
    if (::unlink(path.c_str()) != 0) {
        return Error::from_errno("cannot remove " + path);
    }
    return {};
}

Result<void> remove_stale_file(std::string_view name)
{
    const auto found = open(name);
    if (found) {
        return Error::from_errno(path_of(name) + " is a namespace, not a stale file", EBUSY);
    }
    if (found.error().code() != make_error_code(Problem::stale_file)) {
        return found.error();
    }
    const auto path = path_of(name);
    struct stat file {};
    if (::lstat(path.c_str(), &file) != 0) {
        return Error::from_errno("cannot look at " + path);
    }
    if (!S_ISREG(file.st_mode) || file.st_size != 0) {
        return Error::from_errno(path + " is not empty", ENOTEMPTY).hint("not made by keavrfd; look at it");
    }
    if (::unlink(path.c_str()) != 0) {
        return Error::from_errno("cannot remove " + path);
    }
    return {};
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
