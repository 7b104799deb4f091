// A process that not even SIGKILL ends, as one whose disk hangs: traced, it stops on its way out, before it has let go
// of any file. Whatever else it is sent stops it too.
#pragma once

#include <boost/test/unit_test.hpp>

#include <sys/ptrace.h>
#include <sys/types.h>

#include <utility>

namespace keavrf::test {

// Until release(), or the end of the object or of the test program. One thread.
class Undying {
public:
    explicit Undying(pid_t pid) : pid_(pid)
    {
        BOOST_REQUIRE(::ptrace(PTRACE_SEIZE, pid_, nullptr, PTRACE_O_TRACEEXIT) == 0);
    }
    Undying(const Undying&) = delete;
    Undying& operator=(const Undying&) = delete;
    ~Undying() { release(); }
    // A process that has been killed ends now. It has to be stopped by a signal: one that runs cannot be let go.
    void release()
    {
        if (pid_ > 0) {
            ::ptrace(PTRACE_DETACH, std::exchange(pid_, 0), nullptr, nullptr);
        }
    }

private:
    pid_t pid_;
};

} // namespace keavrf::test
