// Names of namespaces: given, taken away, cleared up after others.
#include "netns/namespace.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

namespace keavrf::netns {

namespace {

// Whoever makes it a mount point does so within a millisecond.
constexpr int lock_attempts = 20;
constexpr useconds_t lock_pause = 25'000;

std::string about(std::string_view name)
{
    return "namespace " + std::string(name);
}

// What a failed mount or mkdir means in a container that may do neither: live without names.
bool means_no_mounts_here(int number)
{
    return number == EPERM || number == EACCES || number == EROFS;
}

// "process 77"; who it is cannot be told of one in another PID namespace.
std::string holder_of(ino_t inode)
{
    std::ifstream locks("/proc/locks");
    const auto place = ":" + std::to_string(inode) + " ";
    for (std::string line; std::getline(locks, line);) {
        std::istringstream words(line);
        std::string number;
        std::string kind;
        std::string advisory;
        std::string mode;
        pid_t pid = 0;
        words >> number >> kind >> advisory >> mode >> pid;
        if (kind == "FLOCK" && line.find(place) != std::string::npos && pid > 0) {
            return "process " + std::to_string(pid);
        }
    }
    return "another process";
}

// Anybody may lock a folder that anybody can read, for as long as they like, and everything waits for us meanwhile.
Result<void> lock_directory(int folder)
{
    for (int attempt = 1; ::flock(folder, LOCK_EX | LOCK_NB) != 0; ++attempt) {
        const int failure = errno;
        if (failure == EWOULDBLOCK && attempt < lock_attempts) {
            ::usleep(lock_pause);
            continue;
        }
        struct stat status {};
        const bool held = failure == EWOULDBLOCK && ::fstat(folder, &status) == 0;
        const auto error = Error::from_errno("cannot lock /run/netns", failure);
        return held ? error.hint(holder_of(status.st_ino) + " holds a lock on it and does not let go; end that process")
                    : error;
    }
    return {};
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
    if (!lock) {
        return Error::from_errno("cannot open /run/netns");
    }
    if (auto locked = lock_directory(lock.get()); !locked) {
        return locked;
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

Result<void> give_name(std::string_view name, const UniqueFd& name_space)
{
    if (auto prepared = prepare_directory(); !prepared) {
        return prepared;
    }
    const auto path = path_of_name(name);
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

} // namespace

Error invalid_name(std::string_view name)
{
    return Error::from_errno(about(name), EINVAL).hint("a name is one path component of at most 255 bytes");
}

Result<void> assign_name(Namespace& name_space, std::string_view name)
{
    if (!valid_name(name)) {
        return invalid_name(name);
    }
    const auto given = give_name(name, name_space.fd);
    if (!given && !means_no_mounts_here(given.error().code().value())) {
        return given.error().in(about(name));
    }
    name_space.name = name;
    name_space.named = given.has_value();
    name_space.unnamed_because = given ? std::string() : given.error().message();
    return {};
}

Result<void> remove(std::string_view name, NamespaceInode expected)
{
    const auto found = open(name);
    if (!found) {
        return found.error();
    }
    const auto path = path_of_name(name);
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
        return Error::from_errno(path_of_name(name) + " is a namespace, not a stale file", EBUSY);
    }
    if (found.error().code() != make_error_code(Problem::stale_file)) {
        return found.error();
    }
    const auto path = path_of_name(name);
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

} // namespace keavrf::netns
