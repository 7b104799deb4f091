// A taken-over Kea for tests: code that runs as _kea, and a host on which two VRFs are served.
#pragma once

#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

namespace keavrf::test {

// A process of _kea's; it ends with the object. The work's result is its exit code.
class Intruder {
public:
    explicit Intruder(const std::function<int()>& work) : pid_(::fork())
    {
        BOOST_REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            become_kea();
            ::_exit(work());
        }
    }
    Intruder(const Intruder&) = delete;
    Intruder& operator=(const Intruder&) = delete;
    ~Intruder()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    int result()
    {
        int status = 0;
        ::waitpid(std::exchange(pid_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    }

private:
    static void become_kea()
    {
        const auto* kea = ::getpwnam("_kea");
        if (kea == nullptr || ::setgroups(0, nullptr) != 0 || ::setgid(kea->pw_gid) != 0 ||
            ::setuid(kea->pw_uid) != 0) {
            ::_exit(126);
        }
    }

    pid_t pid_;
};

// 0, or the errno of what was tried.
inline int tried_as_kea(const std::function<bool()>& attempt)
{
    return Intruder([&] { return attempt() ? 0 : errno; }).result();
}

inline bool bind_unix(const std::string& path, int type = SOCK_STREAM, int* descriptor = nullptr)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int socket = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (descriptor != nullptr) {
        *descriptor = socket;
    }
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

inline const std::string red_and_blue = "vrfs:\n  red: {device: none, interfaces: [eth1]}\n"
                                        "  blue: {device: none, interfaces: [eth2]}\n";

// red's Kea is the one that is taken over.
struct TakenOver : Lab {
    Tenant red = add_tenant("eth1", "192.168.1.1/24");
    Tenant blue = add_tenant("eth2", "10.0.0.1/24");
    Daemon daemon = start();
    pid_t blue_kea = 0;

    TakenOver() { wait_for_both(); }
    // A keavrfd that remembers no deaths, so that nothing waits for a backoff that grew.
    void start_anew()
    {
        daemon.stop();
        daemon = start();
        wait_for_both();
    }
    void kill_and_wait_for_the_next()
    {
        const auto kea = daemon.kea("red");
        BOOST_TEST(tried_as_kea([&] { return ::kill(kea, SIGKILL) == 0; }) == 0);
        const auto again = [&](const auto& status) {
            return status.state == "serving" && status.kea.value() != 0 && status.kea.value() != kea;
        };
        BOOST_REQUIRE_MESSAGE(daemon.becomes("red", again, 60s), daemon.log());
    }
    void check_blue() const
    {
        BOOST_TEST(blue.client().acquire().has_value(), daemon.log());
        BOOST_TEST(daemon.kea("blue") == blue_kea);
    }
    [[nodiscard]] long peak_kilobytes() const
    {
        const auto status = slurp("/proc/" + std::to_string(daemon.pid()) + "/status");
        return std::stol(status.substr(status.find("VmHWM:") + 6));
    }

private:
    static Daemon start() { return Daemon::with("kea: {log: inherit}\n" + red_and_blue); }
    void wait_for_both()
    {
        daemon.wait_until("red", "serving");
        blue_kea = daemon.wait_until("blue", "serving").kea.value();
    }
};

} // namespace keavrf::test
