// System calls of a running program that fail, as on a disk that cannot be read or in a kernel without memory: strace
// makes them. Needs strace.
#pragma once

#include "support/program.hpp"
#include "support/sandbox.hpp"
#include "support/wait.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/types.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace keavrf::test {

// Until mend(), or the end of the object. The process alone, not those it starts.
class Injected {
public:
    // `what` as strace's inject= has it: "getdents64:error=EIO". `path`: only calls that concern this file; empty: all.
    Injected(pid_t pid, const std::string& what, const std::string& path = {})
        : pid_(pid), strace_(command(pid, what, path))
    {
        BOOST_REQUIRE_MESSAGE(eventually([this] { return traced() || !strace_.running(); }) && traced(),
                              "strace: " << strace_.errors());
    }
    // Whether a call has failed by now.
    [[nodiscard]] bool happened(Milliseconds deadline = patience) { return strace_.says("(INJECTED)", deadline); }
    void mend()
    {
        if (!std::exchange(mended_, true)) {
            strace_.signal(SIGTERM);
            BOOST_TEST(eventually([this] { return !traced(); }));
        }
    }
    Injected(const Injected&) = delete;
    Injected& operator=(const Injected&) = delete;
    ~Injected() { mend(); }

private:
    static std::vector<std::string> command(pid_t pid, const std::string& what, const std::string& path)
    {
        const auto call = what.substr(0, what.find(':'));
        std::vector<std::string> made{"strace", "-qq",           "-p", std::to_string(pid),
                                      "-e",     "trace=" + call, "-e", "inject=" + what};
        if (!path.empty()) {
            made.insert(made.end(), {"-P", path});
        }
        return made;
    }
    [[nodiscard]] bool traced() const
    {
        const auto status = slurp("/proc/" + std::to_string(pid_) + "/status");
        return status.find("TracerPid:\t") != std::string::npos && status.find("TracerPid:\t0\n") == std::string::npos;
    }

    pid_t pid_;
    Program strace_;
    bool mended_ = false;
};

// The same for a keavrfd that is started while the object lives, from its first system call on.
class InjectedFromStart {
public:
    explicit InjectedFromStart(const std::string& what, const std::string& path = {})
        : real_(std::getenv("KEAVRFD_BINARY_DIR"))
    {
        const auto folder = Sandbox::folder() + "/injected";
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        const auto program = folder + "/keavrfd";
        const auto call = what.substr(0, what.find(':'));
        std::ofstream(program) << "#!/bin/sh\nexec strace -D -I 1 -qq -o " << output_ << " -e trace=" << call
                               << " -e inject=" << what << (path.empty() ? "" : " -P " + path) << " " << real_
                               << "/keavrfd \"$@\"\n";
        std::filesystem::permissions(program, std::filesystem::perms(0755));
        std::filesystem::create_symlink(real_ + "/keavrfctl", folder + "/keavrfctl");
        ::setenv("KEAVRFD_BINARY_DIR", folder.c_str(), 1);
    }
    InjectedFromStart(const InjectedFromStart&) = delete;
    InjectedFromStart& operator=(const InjectedFromStart&) = delete;
    ~InjectedFromStart() { ::setenv("KEAVRFD_BINARY_DIR", real_.c_str(), 1); }
    [[nodiscard]] bool happened() const
    {
        return eventually([this] { return slurp(output_).find("(INJECTED)") != std::string::npos; });
    }
    // From here on this keavrfd's calls are as they were.
    static void mend(pid_t keavrfd)
    {
        const auto tracer = [keavrfd] {
            const std::string key = "TracerPid:\t";
            const auto status = slurp("/proc/" + std::to_string(keavrfd) + "/status");
            const auto at = status.find(key);
            return at == std::string::npos ? 0 : std::stoi(status.substr(at + key.size()));
        };
        const auto pid = tracer();
        BOOST_REQUIRE(pid > 0);
        ::kill(pid, SIGTERM);
        BOOST_TEST(eventually([&] { return tracer() == 0; }));
    }

private:
    std::string real_;
    std::string output_ = Sandbox::folder() + "/strace";
};

} // namespace keavrf::test
