// Who may live in a Kea's namespace, at its leases, for the tests of strays.
#pragma once

#include "core/unique_fd.hpp"
#include "instance/strays.hpp"
#include "unit/kea/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace keavrf::instance {

// In this namespace, which stands for one of Kea's; with the file open, or whatever else it was begun with, until it is
// ended.
class Child {
public:
    explicit Child(const std::string& file)
        : Child([&file] { return ::flock(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC), LOCK_EX) == 0; })
    {
    }
    explicit Child(const std::function<bool()>& begin) : pid_(::fork())
    {
        if (pid_ == 0) {
            if (!begin()) {
                ::_exit(1);
            }
            ::raise(SIGSTOP);
            ::pause();
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(pid_, &status, WUNTRACED);
        works_ = WIFSTOPPED(status);
        if (works_) {
            ::kill(pid_, SIGCONT);
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child()
    {
        if (works_) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    [[nodiscard]] ProcessId pid() const { return ProcessId(pid_); }
    // Whether it could begin so.
    [[nodiscard]] bool works() const { return works_; }

private:
    pid_t pid_;
    bool works_ = false;
};

struct Place {
    test::TemporaryFolder folder;
    StrayPlace place{VrfName("red"), process::own_network_namespace().value(),
                     kea::dhcp4_paths(folder.path("run"), folder.path("lib"), folder.path("log"), VrfName("red")),
                     "/usr/sbin/kea-dhcp4"};

    Place()
    {
        make(place.paths.lease_lock);
        make(place.paths.lease_file);
    }
    static void make(const std::string& path)
    {
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        BOOST_REQUIRE(static_cast<bool>(file));
    }
};

// Here and now, by no child.
inline Result<Strays> look(const StrayPlace& place, Census& census, Clock::time_point not_before = Clock::now())
{
    const auto inhabitants = census.inhabitants(place.name_space, not_before);
    return inhabitants ? find_strays(place, *inhabitants) : inhabitants.error();
}

inline bool among(const std::vector<process::ProcessIdentity>& processes, ProcessId pid)
{
    return std::any_of(processes.begin(), processes.end(), [&](const auto& one) { return one.pid == pid; });
}

} // namespace keavrf::instance
