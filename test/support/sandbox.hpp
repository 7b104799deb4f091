// A machine of its own for each test: fresh network, mount and PID namespaces, an empty /run and /var, and proof at
// the end that nothing is left. Nothing a test does reaches the machine it runs on.
//
//   BOOST_TEST_GLOBAL_FIXTURE(Isolation);                     // once a program
//   BOOST_FIXTURE_TEST_CASE(serves_a_vrf, Sandbox) { ... }    // the test's "host" is the current network namespace
#pragma once

#include "core/unique_fd.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace keavrf::test {

// The repository, for files that tests bring along.
inline constexpr const char* source_folder = KEAVRF_SOURCE_DIR;

// Moves the test program into a PID and a mount namespace: the program that ctest started waits for it, and whatever
// kills that one kills, by the kernel, every process that any test ever started.
class Isolation {
public:
    Isolation();
    Isolation(const Isolation&) = delete;
    Isolation& operator=(const Isolation&) = delete;
    ~Isolation() = default;
};

class Sandbox {
public:
    Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;
    // Reports as test errors what check_nothing_left() finds, and ends the processes that are left.
    ~Sandbox();

    // For the test's own files; empty at first, gone afterwards.
    [[nodiscard]] static std::string folder() { return "/run/test"; }
    static std::string write_file(const std::string& name, const std::string& text);

    // What is left on this "host" besides the test itself: processes, names in /run/netns. Zombies are reaped first.
    static std::vector<std::string> leftovers();
    // Waits until nothing is left; an error for each thing that stays.
    static void check_nothing_left();
};

struct ProcessInfo {
    pid_t pid = 0;
    pid_t parent = 0;
    std::string command; // as in /proc/PID/cmdline, blanks between arguments
};
// Every process of the sandbox but the test itself; zombies are left out.
std::vector<ProcessInfo> processes();
// Those whose command line contains the text.
std::vector<ProcessInfo> processes_with(const std::string& text);
// The file's text; empty where it cannot be read.
std::string slurp(const std::string& path);
// Reaps every child that has ended and that no Program owns.
void reap_orphans();

} // namespace keavrf::test
