#include "support/sandbox.hpp"

#include "support/program.hpp"
#include "support/recording.hpp"
#include "support/wait.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>

namespace keavrf::test {

namespace {

namespace fs = std::filesystem;

void check(int result, const std::string& what)
{
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
}

UniqueFd open_path(const char* path, int flags = O_RDONLY)
{
    UniqueFd fd(::open(path, flags | O_CLOEXEC));
    check(fd.get(), std::string("open ") + path);
    return fd;
}

// Where the program was before its first sandbox; every sandbox starts from there.
struct Home {
    UniqueFd network = open_path("/proc/self/ns/net");
    UniqueFd mounts = open_path("/proc/self/ns/mnt");
    std::string folder = fs::current_path();
};

Home& home()
{
    static Home home;
    return home;
}

// Hands the exit status of the isolated program on.
[[noreturn]] void wait_for_tests(pid_t tests)
{
    int status = 0;
    while (::waitpid(tests, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) {
        std::cerr << "the tests were ended by signal " << WTERMSIG(status) << '\n';
        ::_exit(128 + WTERMSIG(status));
    }
    ::_exit(WEXITSTATUS(status));
}

// An empty tmpfs over a folder; what the tests need from below it (their own programs) stays where it is.
void cover(const std::string& path)
{
    std::vector<std::pair<std::string, UniqueFd>> kept;
    for (const auto& needed : {fs::canonical("/proc/self/exe").parent_path().parent_path(), fs::path(source_folder)}) {
        if (needed.string().starts_with(path + "/")) {
            kept.emplace_back(needed, open_path(needed.c_str(), O_PATH | O_DIRECTORY));
        }
    }
    fs::create_directories(path);
    check(::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"), "mount tmpfs on " + path);
    for (const auto& [needed, fd] : kept) {
        fs::create_directories(needed);
        const auto source = "/proc/self/fd/" + std::to_string(fd.get());
        check(::mount(source.c_str(), needed.c_str(), nullptr, MS_BIND | MS_REC, nullptr), "bind " + needed);
    }
}

std::string command_line(const std::string& process)
{
    auto text = slurp("/proc/" + process + "/cmdline");
    std::replace(text.begin(), text.end(), '\0', ' ');
    while (!text.empty() && text.back() == ' ') {
        text.pop_back();
    }
    return text;
}

} // namespace

Isolation::Isolation()
{
    if (::geteuid() != 0) {
        std::cerr << "these tests make network namespaces and need root\n";
        ::_exit(77);
    }
    check(::unshare(CLONE_NEWPID | CLONE_NEWNS), "unshare");
    const pid_t tests = ::fork();
    check(tests, "fork");
    if (tests != 0) {
        wait_for_tests(tests);
    }
    check(::prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
    check(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr), "mount /proc");
    home();
}

Sandbox::Sandbox()
{
    check(::setns(home().network.get(), CLONE_NEWNET), "return to the first network namespace");
    check(::setns(home().mounts.get(), CLONE_NEWNS), "return to the first mount namespace");
    check(::unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare");
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
    fs::current_path(home().folder);
    for (const auto* path : {"/run", "/var/lib", "/var/log"}) {
        cover(path);
    }
    fs::create_directories(folder());
}

Sandbox::~Sandbox()
{
    try {
        recordings::finish();
        check_nothing_left();
    } catch (const std::exception& failure) {
        BOOST_ERROR(failure.what());
    }
    // In a PID namespace of our own, where -1 means all that tests have started.
    if (::getpid() == 1) {
        ::kill(-1, SIGKILL);
        eventually([] { return (reap_orphans(), processes().empty()); });
    }
}

std::string Sandbox::write_file(const std::string& name, const std::string& text)
{
    const auto path = folder() + "/" + name;
    std::ofstream file(path, std::ios::trunc);
    file << text;
    file.close();
    BOOST_REQUIRE_MESSAGE(file, "cannot write " << path);
    return path;
}

std::vector<std::string> Sandbox::leftovers()
{
    reap_orphans();
    std::vector<std::string> found;
    for (const auto& process : processes()) {
        found.push_back("process " + std::to_string(process.pid) + ": " + process.command);
    }
    std::error_code none;
    for (const auto& entry : fs::directory_iterator("/run/netns", none)) {
        found.push_back("network namespace " + entry.path().filename().string());
    }
    return found;
}

void Sandbox::check_nothing_left()
{
    if (!eventually([] { return leftovers().empty(); }, 5s)) {
        for (const auto& thing : leftovers()) {
            BOOST_ERROR("left behind: " << thing);
        }
    }
}

std::vector<ProcessInfo> processes()
{
    std::vector<ProcessInfo> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos || std::stoi(name) == ::getpid()) {
            continue;
        }
        // man 5 proc: "pid (comm) state ppid ..."; comm may hold anything, so count from its last parenthesis.
        const auto stat = slurp("/proc/" + name + "/stat");
        const auto end = stat.rfind(')');
        if (end == std::string::npos) {
            continue;
        }
        std::istringstream fields(stat.substr(end + 1));
        char state = 0;
        ProcessInfo info;
        fields >> state >> info.parent;
        if (state == 'Z' || state == 'X') {
            continue;
        }
        info.pid = std::stoi(name);
        info.command = command_line(name);
        found.push_back(info);
    }
    return found;
}

std::vector<ProcessInfo> processes_with(const std::string& text)
{
    auto found = processes();
    std::erase_if(found, [&](const auto& process) { return process.command.find(text) == std::string::npos; });
    return found;
}

std::string slurp(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void reap_orphans()
{
    siginfo_t info{};
    // One by one, since what a Program owns is left for it.
    for (const auto& process : fs::directory_iterator("/proc")) {
        const auto name = process.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        const auto pid = static_cast<pid_t>(std::stoi(name));
        if (pid != ::getpid() && !Program::owns(pid)) {
            ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
        }
    }
}

} // namespace keavrf::test
