#include "process/spawn.hpp"

#include "core/unique_fd.hpp"
#include "process/child_setup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h> // NOLINT(modernize-deprecated-headers,hicpp-deprecated-headers): POSIX parts
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>

namespace keavrf::process {

namespace {

// clone and execve say EAGAIN for each of these.
constexpr auto no_more_processes = "too many processes: look at pids.max of keavrfd's cgroup (TasksMax= in its unit), "
                                   "ulimit -u for Kea's user, kernel.pid_max and kernel.threads-max";

// While it lives no signal is delivered: one that reached the child before its execve would run our handlers there,
// and Asio's write into the pipe that parent and child still share.
class BlockedSignals {
public:
    BlockedSignals() noexcept
    {
        sigset_t all{};
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, &previous_);
    }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }

private:
    sigset_t previous_{};
};

// At 3 or above, so that arranging 0 to 2 in the child overwrites none of them. -1: /dev/null.
Result<UniqueFd> source_descriptor(int borrowed)
{
    if (borrowed >= 0) {
        UniqueFd copy(::fcntl(borrowed, F_DUPFD_CLOEXEC, 3));
        if (!copy) {
            return Error::from_errno("cannot copy a descriptor");
        }
        return copy;
    }
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) {
        return Error::from_errno("cannot open /dev/null");
    }
    return source_descriptor(null.get());
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (auto& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

bool apparmor_enabled()
{
    const UniqueFd file(::open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC));
    char answer = 'N';
    return file && ::read(file.get(), &answer, 1) == 1 && answer == 'Y';
}

struct Clone {
    ProcessId pid;
    UniqueFd pidfd;
};

Result<Clone> clone_child(const ChildPlan& plan)
{
    int pidfd = -1;
    const BlockedSignals blocked;
    // Not clone3(2): filters that look at its flags cannot see them, and so have it fail (systemd's
    // RestrictNamespaces=). Without a stack of its own the child goes on with a copy of ours, as after fork(2).
    const auto pid = ::syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, nullptr, &pidfd, nullptr, nullptr);
    if (pid < 0) {
        return Error::from_errno("clone");
    }
    if (pid == 0) {
        run_child(plan);
    }
    return Clone{ProcessId(static_cast<pid_t>(pid)), UniqueFd(pidfd)};
}

// What takes microseconds. But between its change of user and its program a child can be stopped by whatever runs as
// that user, a taken-over Kea for one, and keavrfd waits for it; or the disk that its program is on hangs.
constexpr std::chrono::seconds longest_setup{5};
constexpr std::chrono::seconds longest_end{1};

// Whether the descriptor has something to read, or the other end is gone, before that time.
bool readable(int descriptor, std::chrono::steady_clock::time_point end)
{
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd waiting{descriptor, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready >= 0 || errno != EINTR) {
            return ready > 0;
        }
    }
}

bool read_report(int pipe, Report& report)
{
    for (;;) {
        const auto count = ::read(pipe, &report, sizeof(report));
        if (count >= 0 || errno != EINTR) {
            return count == static_cast<ssize_t>(sizeof(report));
        }
    }
}

// Blocks until the child has executed its program, or has said why not, or for longest_setup.
Result<Confinement> await_execution(int pipe, bool profile_requested)
{
    const auto end = std::chrono::steady_clock::now() + longest_setup;
    auto confinement = profile_requested ? Confinement::profile : Confinement::not_requested;
    Report report{};
    for (;;) {
        if (!readable(pipe, end)) {
            return Error::from_errno("it did not get to its program within 5 s", ETIMEDOUT)
                .hint("does something stop the processes of its user (kill -STOP), or does a disk hang?");
        }
        if (!read_report(pipe, report)) {
            break;
        }
        if (report.step != Step::unconfined_notice) {
            return Error::from_errno(step_name(report.step), report.error);
        }
        confinement = Confinement::unconfined;
    }
    return confinement;
}

// One whose program does not run. It ends at once, also where it is stopped; where it does not, it hangs in the kernel,
// and is left to that.
void end_child(int pidfd)
{
    (void)::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0); // it has ended, then
    if (readable(pidfd, std::chrono::steady_clock::now() + longest_end)) {
        siginfo_t ignored{};
        ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &ignored, WEXITED | WNOHANG);
    }
}

// Where it cannot be watched it is not left to itself.
Process watch(const asio::any_io_executor& executor, ProcessId pid, UniqueFd pidfd)
{
    const UniqueFd another(::fcntl(pidfd.get(), F_DUPFD_CLOEXEC, 0));
    try {
        return Process::of_child(executor, pid, std::move(pidfd));
    } catch (const std::exception&) {
        end_child(another.get());
        throw;
    }
}

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Result<Pipe> make_report_pipe()
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return Error::from_errno("cannot make a pipe");
    }
    Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
    auto write = source_descriptor(pipe.write.get());
    if (!write) {
        return write.error();
    }
    pipe.write = std::move(*write);
    return pipe;
}

Result<Spawned> run_plan(const asio::any_io_executor& executor, ChildPlan& plan)
{
    auto pipe = make_report_pipe();
    if (!pipe) {
        return pipe.error();
    }
    plan.report = pipe->write.get();
    auto child = clone_child(plan);
    if (!child) {
        return child.error();
    }
    pipe->write.reset();
    const auto confinement = await_execution(pipe->read.get(), plan.apparmor_request != nullptr);
    if (!confinement) {
        end_child(child->pidfd.get());
        return confinement.error();
    }
    return Spawned{watch(executor, child->pid, std::move(child->pidfd)), *confinement};
}

Result<Spawned> prepare_and_run(const asio::any_io_executor& executor, const SpawnOptions& options)
{
    const auto input = source_descriptor(options.standard_input);
    const auto output = source_descriptor(options.standard_output);
    const auto error = source_descriptor(options.standard_error);
    for (const auto* descriptor : {&input, &output, &error}) {
        if (!*descriptor) {
            return descriptor->error();
        }
    }
    auto arguments = options.arguments;
    arguments.insert(arguments.begin(), options.path);
    auto environment = options.environment;
    const auto argument_pointers = pointers(arguments);
    const auto environment_pointers = pointers(environment);
    const auto request = "exec " + options.apparmor_profile;

    ChildPlan plan;
    plan.path = options.path.c_str();
    plan.work = options.work ? &options.work : nullptr;
    plan.parent = ::getpid();
    plan.arguments = argument_pointers.data();
    plan.environment = environment_pointers.data();
    plan.working_directory = options.working_directory.c_str();
    plan.apparmor_request = !options.apparmor_profile.empty() && apparmor_enabled() ? request.c_str() : nullptr;
    plan.identity = options.identity ? &*options.identity : nullptr;
    plan.limits = options.limits.data();
    plan.limit_count = options.limits.size();
    plan.capabilities = options.capabilities;
    plan.umask = options.umask;
    plan.network_namespace = options.network_namespace;
    plan.input = input->get();
    plan.output = output->get();
    plan.error = error->get();
    plan.no_new_privileges = options.no_new_privileges;
    return run_plan(executor, plan);
}

} // namespace

Result<Spawned> spawn(const asio::any_io_executor& executor, const SpawnOptions& options)
{
    auto spawned = prepare_and_run(executor, options);
    if (!spawned && spawned.error().is(EAGAIN)) {
        return spawned.error().in("cannot start " + options.path).hint(no_more_processes);
    }
    if (!spawned) {
        return spawned.error().in("cannot start " + options.path);
    }
    return spawned;
}

} // namespace keavrf::process
