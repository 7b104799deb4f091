// System calls of a running program that fail, as on a disk that cannot be read or in a kernel without memory: strace
// makes them. Needs strace.
#pragma once

#include "support/program.hpp"
#include "support/sandbox.hpp"
#include "support/wait.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/types.h>

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

} // namespace keavrf::test
