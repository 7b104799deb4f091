#include "support/program.hpp"

#include "support/restrict_namespaces.hpp"
#include "support/sandbox.hpp"

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <set>
#include <utility>

namespace keavrf::test {

namespace {

std::set<pid_t>& owned()
{
    static std::set<pid_t> pids;
    return pids;
}

std::string new_file(const std::string& suffix)
{
    static int count = 0;
    const auto folder = Sandbox::folder() + "/output";
    std::filesystem::create_directories(folder);
    return folder + "/" + std::to_string(++count) + suffix;
}

// Between fork and exec; the test program has one thread, so anything may be called here.
class Child {
public:
    Child(const std::vector<std::string>& command, const ProgramOptions& options, std::string output,
          std::string errors)
        : command_(command), options_(options), output_(std::move(output)), errors_(std::move(errors))
    {
    }

    [[noreturn]] void run()
    {
        ::setsid();
        redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
        redirect(STDOUT_FILENO, output_, O_WRONLY | O_CREAT | O_APPEND);
        redirect(STDERR_FILENO, errors_, O_WRONLY | O_CREAT | O_APPEND);
        enter_namespaces();
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        for (const auto& [name, value] : options_.environment) {
            ::setenv(name.c_str(), value.c_str(), 1);
        }
        if (!options_.folder.empty()) {
            require(::chdir(options_.folder.c_str()) == 0, "chdir");
        }
        require(!options_.restricted_namespaces || restrict_namespaces(), "seccomp");
        std::vector<char*> arguments;
        for (auto& argument : command_) {
            arguments.push_back(argument.data());
        }
        arguments.push_back(nullptr);
        ::execvp(arguments[0], arguments.data());
        require(false, command_[0].c_str());
        std::abort();
    }

private:
    static void require(bool fine, const char* what)
    {
        if (!fine) {
            ::dprintf(STDERR_FILENO, "cannot start: %s: %s\n", what, std::strerror(errno));
            ::_exit(127);
        }
    }

    static void redirect(int target, const std::string& path, int flags)
    {
        const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
        require(fd >= 0 && ::dup2(fd, target) >= 0, path.c_str());
    }

    void enter_namespaces() const
    {
        if (options_.network_namespace >= 0) {
            require(::setns(options_.network_namespace, CLONE_NEWNET) == 0, "setns");
        }
        if (!options_.private_folders.empty()) {
            require(::unshare(CLONE_NEWNS) == 0, "unshare");
            require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
            cover_private_folders();
        }
    }

    void cover_private_folders() const
    {
        const int kept = ::open(Sandbox::folder().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        for (const auto& folder : options_.private_folders) {
            std::filesystem::create_directories(folder);
            require(::mount("tmpfs", folder.c_str(), "tmpfs", 0, "mode=755") == 0, folder.c_str());
        }
        std::filesystem::create_directories(Sandbox::folder());
        const auto source = "/proc/self/fd/" + std::to_string(kept);
        require(::mount(source.c_str(), Sandbox::folder().c_str(), nullptr, MS_BIND, nullptr) == 0, "bind /run/test");
    }

    std::vector<std::string> command_;
    const ProgramOptions& options_;
    std::string output_;
    std::string errors_;
};

std::vector<std::string> with_pid_namespace(const std::vector<std::string>& command)
{
    std::vector<std::string> whole{"unshare", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--"};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

// Of a failed test's programs.
constexpr std::size_t most_shown = 16384;

// A message of BOOST_TEST(p, message) is made before p is looked at: it knows nothing of what came while p waited.
bool test_has_failed()
{
    namespace test = boost::unit_test;
    const auto current = test::framework::current_test_case_id();
    return current != test::INV_TEST_UNIT_ID && test::results_collector.results(current).p_assertions_failed.get() > 0;
}

} // namespace

Program::Program(const std::vector<std::string>& command, const ProgramOptions& options)
    : name_(command.front()), output_(new_file(".out")), errors_(new_file(".err"))
{
    Child child(options.pid_namespace ? with_pid_namespace(command) : command, options, output_, errors_);
    pid_ = ::fork();
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        child.run();
    }
    owned().insert(pid_);
}

Program::Program(Program&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), exit_code_(other.exit_code_), name_(std::move(other.name_)),
      output_(std::move(other.output_)), errors_(std::move(other.errors_))
{
}

Program& Program::operator=(Program&& other) noexcept
{
    std::swap(pid_, other.pid_);
    std::swap(exit_code_, other.exit_code_);
    std::swap(name_, other.name_);
    std::swap(output_, other.output_);
    std::swap(errors_, other.errors_);
    return *this;
}

Program::~Program()
{
    if (pid_ > 0 && test_has_failed()) {
        const auto said = errors();
        const auto start = said.size() > most_shown ? said.find('\n', said.size() - most_shown) : 0;
        std::cerr << "what " << name_ << " (" << pid_ << ") had said when its test failed:\n"
                  << said.substr(std::min(start, said.size())) << std::flush;
    }
    if (pid_ > 0 && !exit_code_) {
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        owned().erase(pid_);
    }
}

bool Program::running()
{
    if (pid_ <= 0 || exit_code_) {
        return false;
    }
    int status = 0;
    const auto ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == 0) {
        return true;
    }
    owned().erase(pid_);
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return false;
}

std::optional<ExitCode> Program::wait_for_exit(Milliseconds deadline)
{
    eventually([this] { return !running(); }, deadline);
    return exit_code_;
}

void Program::signal(int number) const
{
    BOOST_REQUIRE(pid_ > 0 && !exit_code_);
    BOOST_REQUIRE(::kill(pid_, number) == 0);
}

std::string Program::output() const
{
    return slurp(output_);
}

std::string Program::errors() const
{
    return slurp(errors_);
}

bool Program::says(const std::string& text, Milliseconds deadline)
{
    const auto said = [&] {
        return output().find(text) != std::string::npos || errors().find(text) != std::string::npos;
    };
    return eventually([&] { return said() || !running(); }, deadline) && said();
}

bool Program::owns(pid_t pid)
{
    return owned().contains(pid);
}

bool in_signal_set(pid_t pid, const std::string& set, int signal)
{
    const auto status = slurp("/proc/" + std::to_string(pid) + "/status");
    const auto found = status.find(set + ":");
    if (found == std::string::npos) {
        return false;
    }
    const auto mask = std::stoull(status.substr(found + set.size() + 1), nullptr, 16);
    return (mask >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

Finished run(const std::vector<std::string>& command, const ProgramOptions& options, Milliseconds deadline)
{
    Program program(command, options);
    const auto code = program.wait_for_exit(deadline);
    BOOST_REQUIRE_MESSAGE(code, command.front() << " does not end; it said: " << program.errors());
    return {*code, program.output(), program.errors()};
}

} // namespace keavrf::test
