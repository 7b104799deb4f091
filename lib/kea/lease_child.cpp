#include "kea/lease_child.hpp"

#include "kea/lease_watch.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace keavrf::kea {

namespace {

constexpr Clock::duration usual_time = std::chrono::seconds(30);
// Some twenty million leases.
constexpr rlim_t memory_limit = rlim_t{1} << 30U;

// The sanitizers reserve more than that for themselves.
#ifdef __SANITIZE_ADDRESS__
constexpr bool limits_memory = false;
#else
constexpr bool limits_memory = true;
#endif

bool only_looks(LeaseWork work)
{
    return work == LeaseWork::look || work == LeaseWork::tidy || work == LeaseWork::compare;
}

std::uint64_t size_of_copy(const std::string& lease_file)
{
    struct stat status {};
    const auto copy = kept_copy(lease_file);
    return ::lstat(copy.c_str(), &status) == 0 && S_ISREG(status.st_mode) ? bytes_on_disk(status) : 0;
}

LeaseFindings work_within_memory(const LeaseTask& task, LeaseWork work)
{
    try {
        return work_on_leases(task.lease_file, task.subnets, work);
    } catch (const std::bad_alloc&) {
        return nothing_seen(task.lease_file, "it would need more than " + std::to_string(memory_limit >> 20U) +
                                                 " MiB of memory to look at");
    }
}

// A lower one that keavrfd is under already cannot be raised.
rlim_t data_limit()
{
    rlimit limit{};
    return ::getrlimit(RLIMIT_DATA, &limit) == 0 ? std::min(memory_limit, limit.rlim_max) : memory_limit;
}

process::SpawnOptions child_for(const LeaseTask& task, LeaseWork work)
{
    process::SpawnOptions options;
    options.path = "keavrfd-leases";
    options.identity = task.identity;
    options.standard_input = task.lock;
    if (limits_memory) {
        const auto limit = data_limit();
        options.limits = {{RLIMIT_DATA, limit, limit}};
    }
    options.work = [task, work] {
        auto text = to_text(work_within_memory(task, work));
        while (!text.empty()) {
            const auto count = ::write(STDOUT_FILENO, text.data(), text.size());
            if (count < 0 && errno != EINTR) {
                return 1;
            }
            text.erase(0, count > 0 ? static_cast<std::size_t>(count) : 0);
        }
        return 0;
    };
    return options;
}

std::string seconds_text(Clock::duration duration)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

} // namespace

asio::awaitable<Result<LeaseFindings>> async_work_on_leases(LeaseTask task, LeaseWork work)
{
    const auto given = only_looks(work) ? task.look_limit : task.mend_limit;
    const auto copy = work == LeaseWork::recall || work == LeaseWork::compare ? size_of_copy(task.lease_file) : 0;
    const auto limit = given.value_or(usual_time + lease_allowance(task.lease_file) + lease_allowance(copy));
    auto options = child_for(task, work);
    const auto ran = co_await process::async_run(std::move(options), limit);
    co_return outcome_of(ran, task.lease_file, work, limit);
}

Result<LeaseFindings> outcome_of(const Result<process::RunResult>& ran, const std::string& lease_file, LeaseWork work,
                                 Clock::duration limit)
{
    if (!ran && ran.error().is(ETIMEDOUT) && only_looks(work)) {
        return nothing_seen(lease_file, "to look at it took longer than " + seconds_text(limit));
    }
    if (!ran && ran.error().is(ETIMEDOUT)) {
        const std::string why = work == LeaseWork::recall ? " was gone from its place, and to put its copy back"
                                                          : " is not whole, and to mend it";
        const auto what = "the lease file " + lease_file + why + " took longer than ";
        return Error(ran.error().code(), what + seconds_text(limit));
    }
    if (!ran) {
        return ran.error().in("the lease file " + lease_file + " cannot be looked at");
    }
    if (!ran->status.success()) {
        return Error("whoever looks at the lease file " + lease_file + " was stopped: it " + ran->status.describe());
    }
    return parse_findings(ran->output);
}

} // namespace keavrf::kea
