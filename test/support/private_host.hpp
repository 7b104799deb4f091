// A test program's own network and mount namespace, with an empty /run: what it makes there, nobody else sees, and it
// is gone with the program. BOOST_TEST_GLOBAL_FIXTURE(PrivateHost);
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace keavrf::test {

struct PrivateHost {
    PrivateHost()
    {
        check(::unshare(CLONE_NEWNET | CLONE_NEWNS), "unshare (root is needed)");
        check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
        check(::mount("tmpfs", "/run", "tmpfs", 0, nullptr), "mount an empty /run");
    }

    static void check(int result, const char* what)
    {
        if (result != 0) {
            throw std::system_error(errno, std::system_category(), what);
        }
    }
};

} // namespace keavrf::test
