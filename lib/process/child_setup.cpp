#include "process/child_setup.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h> // NOLINT(modernize-deprecated-headers,hicpp-deprecated-headers): POSIX parts
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace keavrf::process {

namespace {

constexpr unsigned capability_count = 64;
constexpr int work_failed = 125;

void report(const ChildPlan& plan, Step step, int error) noexcept
{
    const Report message{step, error};
    // Smaller than PIPE_BUF, so written whole or not at all; the parent waits for it.
    if (::write(plan.report, &message, sizeof(message)) < 0) {
        ::_exit(126);
    }
}

[[noreturn]] void fail(const ChildPlan& plan, Step step) noexcept
{
    report(plan, step, errno);
    ::_exit(127);
}

void require(const ChildPlan& plan, Step step, bool success) noexcept
{
    if (!success) {
        fail(plan, step);
    }
}

// An ignored signal stays ignored through execve, so the parent's choices (SIGPIPE) end here.
void reset_signals(const ChildPlan& plan) noexcept
{
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL; // NOLINT(cppcoreguidelines-pro-type-union-access)
    for (int number = 1; number < NSIG; ++number) {
        // Refused for SIGKILL, SIGSTOP and the two that glibc keeps for itself.
        if (::sigaction(number, &standard, nullptr) != 0 && errno != EINVAL) {
            fail(plan, Step::reset_signals);
        }
    }
}

void arrange_descriptors(const ChildPlan& plan) noexcept
{
    require(plan, Step::dup2, ::dup2(plan.input, STDIN_FILENO) >= 0);
    require(plan, Step::dup2, ::dup2(plan.output, STDOUT_FILENO) >= 0);
    require(plan, Step::dup2, ::dup2(plan.error, STDERR_FILENO) >= 0);
    // The report pipe has the flag already; this is for whatever else the parent may have opened without it.
    require(plan, Step::close_range, ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0);
}

// The module's own file since Linux 5.8; before, the one that all security modules share.
int request_at_exec(const char* request) noexcept
{
    int file = ::open("/proc/self/attr/apparmor/exec", O_WRONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) {
        file = ::open("/proc/self/attr/exec", O_WRONLY | O_CLOEXEC);
    }
    if (file < 0) {
        return errno;
    }
    const auto written = ::write(file, request, std::strlen(request));
    const int error = written < 0 ? errno : 0;
    ::close(file);
    return error;
}

void request_confinement(const ChildPlan& plan) noexcept
{
    if (plan.apparmor_request == nullptr) {
        return;
    }
    const int refused = request_at_exec(plan.apparmor_request);
    if (refused == 0) {
        return;
    }
    const int denied = request_at_exec("exec unconfined");
    if (denied != 0) {
        errno = denied;
        fail(plan, Step::apparmor_unconfined);
    }
    report(plan, Step::unconfined_notice, refused);
}

void reduce_bounding_set(const ChildPlan& plan) noexcept
{
    for (unsigned capability = 0; capability < capability_count; ++capability) {
        if ((plan.capabilities >> capability & 1U) != 0 || ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) {
            continue;
        }
        if (errno == EINVAL) {
            return; // beyond the kernel's last
        }
        // Without CAP_SETPCAP (given up after the start). With no_new_privs an execve grants nothing, so the bounding
        // set bounds nothing.
        if (errno == EPERM && plan.no_new_privileges) {
            return;
        }
        fail(plan, Step::bounding_set);
    }
}

void become(const ChildPlan& plan, const Identity& identity) noexcept
{
    require(plan, Step::setgroups,
            ::syscall(SYS_setgroups, identity.supplementary.size(), identity.supplementary.data()) == 0);
    require(plan, Step::setresgid, ::syscall(SYS_setresgid, identity.group, identity.group, identity.group) == 0);
    // Or the permitted set would be lost with uid 0; execve clears the flag.
    require(plan, Step::keep_capabilities, ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
    require(plan, Step::setresuid, ::syscall(SYS_setresuid, identity.user, identity.user, identity.user) == 0);
}

void set_capabilities(const ChildPlan& plan) noexcept
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const auto low = static_cast<std::uint32_t>(plan.capabilities);
    const auto high = static_cast<std::uint32_t>(plan.capabilities >> 32U);
    std::array<__user_cap_data_struct, 2> data{{{low, low, low}, {high, high, high}}};
    require(plan, Step::capset, ::syscall(SYS_capset, &header, data.data()) == 0);
    require(plan, Step::ambient_set, ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0);
    for (unsigned capability = 0; capability < capability_count; ++capability) {
        if ((plan.capabilities >> capability & 1U) != 0) {
            require(plan, Step::ambient_set, ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0);
        }
    }
}

void set_limits(const ChildPlan& plan) noexcept
{
    for (std::size_t index = 0; index < plan.limit_count; ++index) {
        const auto& limit = plan.limits[index];
        const rlimit value{limit.soft, limit.hard};
        // prlimit64 for the one signature; setrlimit's first argument is an enumeration.
        require(plan, Step::setrlimit, ::syscall(SYS_prlimit64, 0, limit.resource, &value, nullptr) == 0);
    }
}

// keavrfd lets others go first (relay/scheduling.hpp); its children shall not inherit that. Where the host does not
// permit the call, the parent could not change its own either.
void schedule_as_usual() noexcept
{
    const sched_param usual{};
    ::sched_setscheduler(0, SCHED_OTHER, &usual);
}

// Nothing else ends it where we are killed. Since a change of user clears it, it comes late, and we may be gone by
// then. It holds a copy of all our memory: no process of its user may trace it, and it leaves no core.
void die_with_parent(const ChildPlan& plan) noexcept
{
    require(plan, Step::parent_death, ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
    require(plan, Step::parent_death, ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
    if (::getppid() != plan.parent) {
        ::_exit(work_failed);
    }
}

[[noreturn]] void do_work(const ChildPlan& plan) noexcept
{
    ::prctl(PR_SET_NAME, plan.path, 0, 0, 0);
    // The report pipe too: its end says that work has begun.
    ::syscall(SYS_close_range, 3U, ~0U, 0U);
    int code = work_failed;
    try {
        code = (*plan.work)();
    } catch (...) {
        code = work_failed;
    }
    ::_exit(code);
}

} // namespace

const char* step_name(Step step) noexcept
{
    static constexpr std::array<const char*, 21> names{"sigaction",
                                                       "setsid",
                                                       "setns",
                                                       "dup2",
                                                       "close_range",
                                                       "umask",
                                                       "setrlimit",
                                                       "AppArmor profile",
                                                       "AppArmor denies running it unconfined",
                                                       "reducing the bounding set",
                                                       "setgroups",
                                                       "setresgid",
                                                       "keeping capabilities",
                                                       "setresuid",
                                                       "capset",
                                                       "setting ambient capabilities",
                                                       "chdir",
                                                       "no_new_privs",
                                                       "parent-death signal",
                                                       "execve",
                                                       "AppArmor"};
    const auto index = static_cast<std::size_t>(step);
    return index < names.size() ? names.at(index) : "unknown step";
}

void run_child(const ChildPlan& plan) noexcept
{
    reset_signals(plan);
    require(plan, Step::setsid, ::setsid() >= 0);
    if (plan.network_namespace >= 0) {
        require(plan, Step::setns, ::setns(plan.network_namespace, CLONE_NEWNET) == 0);
    }
    arrange_descriptors(plan);
    ::umask(plan.umask);
    schedule_as_usual();
    set_limits(plan);
    // Before the change of user: /proc/self belongs to root afterwards. Before no_new_privs, which would forbid it.
    request_confinement(plan);
    reduce_bounding_set(plan);
    if (plan.identity != nullptr) {
        become(plan, *plan.identity);
    }
    set_capabilities(plan);
    require(plan, Step::chdir, ::chdir(plan.working_directory) == 0);
    if (plan.no_new_privileges) {
        require(plan, Step::no_new_privileges, ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    }
    if (plan.work != nullptr) {
        die_with_parent(plan);
    }
    sigset_t none{};
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (plan.work != nullptr) {
        do_work(plan);
    }
    ::execve(plan.path, plan.arguments, plan.environment);
    fail(plan, Step::execve);
}

} // namespace keavrf::process
