// A program that a test runs: in a network namespace of the test's choice, its output kept in files, ended with the
// object. The object has one owner; one thread.
#pragma once

#include "support/wait.hpp"

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::test {

struct ProgramOptions {
    // Borrowed for the call; -1: the current one.
    int network_namespace = -1;
    std::map<std::string, std::string> environment; // added to, or changed in, the test's own
    // A PID namespace of its own, with its own /proc: the program is PID 1 there.
    bool pid_namespace = false;
    // A mount namespace of its own; these folders are empty in it, but for the test's own folder.
    std::vector<std::string> private_folders;
    bool restricted_namespaces = false; // as systemd's RestrictNamespaces=net has it (restrict_namespaces.hpp)
    std::string folder;                 // to start in
};

// By exit: 0 to 255. By a signal: 128 + its number, as a shell has it.
using ExitCode = int;

class Program {
public:
    // Fails the test where the program cannot be started. PATH is searched.
    explicit Program(const std::vector<std::string>& command, const ProgramOptions& options = {});
    Program(Program&& other) noexcept;
    Program& operator=(Program&& other) noexcept;
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    // Kills it, and all of its session that has not made one of its own. After a failed test it shows the end of what
    // it had said.
    ~Program();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] bool running();
    // Empty when it still runs at the deadline.
    std::optional<ExitCode> wait_for_exit(Milliseconds deadline = patience);
    void signal(int number) const;
    [[nodiscard]] std::string output() const; // stdout so far
    [[nodiscard]] std::string errors() const; // stderr so far
    [[nodiscard]] const std::string& errors_file() const noexcept { return errors_; }
    // Waits until stdout or stderr holds the text.
    [[nodiscard]] bool says(const std::string& text, Milliseconds deadline = patience);

    // Whether some live object is responsible for reaping this child.
    static bool owns(pid_t pid);

private:
    pid_t pid_ = 0;
    std::optional<ExitCode> exit_code_;
    std::string name_;
    std::string output_;
    std::string errors_;
};

// Whether the signal is in this set of the process ("SigBlk", "SigCgt"), as proc(5) shows it.
bool in_signal_set(pid_t pid, const std::string& set, int signal);

struct Finished {
    ExitCode exit_code = -1;
    std::string output;
    std::string errors;
};
// Runs it to its end; a program that does not end in time fails the test.
Finished run(const std::vector<std::string>& command, const ProgramOptions& options = {},
             Milliseconds deadline = patience);

} // namespace keavrf::test
