// A keavrfd some of whose system calls fail from its start on, as where no descriptor or no memory is left: strace
// makes them, and leaves when it is told to. Needs strace.
#pragma once

#include "support/daemon.hpp"
#include "support/sandbox.hpp"
#include "support/wait.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

namespace keavrf::test {

class FailingStart {
public:
    // `what` as strace's inject= has it: "openat:error=EMFILE". `path`: only calls that concern this file; empty: all.
    FailingStart(const std::string& yaml, const std::string& what, const std::string& path = {})
        : trace_(Sandbox::folder() + "/trace"), daemon_(start(yaml, command(what, path, trace_)))
    {
    }
    FailingStart(const FailingStart&) = delete;
    FailingStart& operator=(const FailingStart&) = delete;
    ~FailingStart() { mend(); }

    [[nodiscard]] Daemon& daemon() noexcept { return daemon_; }
    // Whether a call has failed by now.
    [[nodiscard]] bool happened() const
    {
        return eventually([this] { return slurp(trace_).find("(INJECTED)") != std::string::npos; });
    }
    void mend()
    {
        if (!std::exchange(mended_, true) && tracer() > 0) {
            ::kill(tracer(), SIGTERM);
            BOOST_TEST(eventually([this] { return tracer() == 0; }));
        }
    }

private:
    static std::string command(const std::string& what, const std::string& path, const std::string& trace)
    {
        return "strace -D -I 2 -qq -o " + trace + " -e trace=" + what.substr(0, what.find(':')) +
               " -e 'inject=" + what + "'" + (path.empty() ? "" : " -P '" + path + "'");
    }
    // As keavrfd's own process, with strace beside it: in its name, a script that runs it so.
    static Daemon start(const std::string& yaml, const std::string& strace)
    {
        const std::string program = built("keavrfd");
        const std::string folder = std::filesystem::path(program).parent_path();
        const auto script = Sandbox::write_file("keavrfd", "#!/bin/sh\nexec " + strace + " " + program + " \"$@\"\n");
        std::filesystem::permissions(script, std::filesystem::perms(0755));
        ::setenv("KEAVRFD_BINARY_DIR", Sandbox::folder().c_str(), 1);
        auto daemon = Daemon::with(yaml);
        ::setenv("KEAVRFD_BINARY_DIR", folder.c_str(), 1);
        return daemon;
    }
    // 0: none.
    [[nodiscard]] pid_t tracer() const
    {
        const std::string key = "TracerPid:";
        const auto status = slurp("/proc/" + std::to_string(daemon_.pid()) + "/status");
        const auto at = status.find(key);
        return at == std::string::npos ? 0 : std::stoi(status.substr(at + key.size()));
    }

    std::string trace_;
    Daemon daemon_;
    bool mended_ = false;
};

} // namespace keavrf::test
