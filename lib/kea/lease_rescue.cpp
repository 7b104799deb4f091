#include "kea/lease_rescue.hpp"

#include "core/log.hpp"
#include "core/unique_fd.hpp"
#include "kea/folders.hpp"
#include "kea/lease_copy.hpp"
#include "kea/lease_kept.hpp"
#include "kea/lease_set.hpp"
#include "kea/lease_watch.hpp"
#include "kea/lease_work.hpp"
#include "process/run.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace keavrf::kea {

namespace {

constexpr Clock::duration usual_time = std::chrono::seconds(30);

// It is one of those that a Kea would load: moved back, or renamed by a cleanup.
bool has_a_place(const std::string& lease_file, const struct stat& source)
{
    const FileNumber number{source.st_dev, source.st_ino};
    const auto files = lease_files(lease_file);
    return std::any_of(files.begin(), files.end(),
                       [&](const LeaseFile& file) { return file_number(file.path) == number; });
}

// Needs room for no more than what was written since an earlier proof. Gives back the copy.
Result<UniqueFd> copy_for_proof(const std::string& lease_file, int source)
{
    auto kept = open_kept_copy(source, lease_file);
    const bool anew = !kept;
    auto out = anew ? create_unnamed_file(lease_file) : Result<UniqueFd>(std::move(kept));
    const auto copied = out ? copy_rest(source, out->get()) : Result<void>();
    if (!copied) {
        return copied.error();
    }
    if (out && anew) {
        static_cast<void>(keep_copy(out->get(), lease_file)); // it could be done all the same
    }
    return out;
}

Result<void> prove(const std::string& lease_file, int source, Rescue rescue)
{
    const auto copy = copy_for_proof(lease_file, source);
    if (!copy) {
        return copy.error();
    }
    const auto there = open_plain_file(lease_file);
    if (rescue == Rescue::prove_merge && there && obviously_too_large(there->get(), copy->get())) {
        return Error::from_errno("cannot write", ENOSPC);
    }
    if (rescue == Rescue::prove && !can_set_aside(lease_file)) {
        return Error("what stands under its name cannot be set aside: a hundred others stand there already (remove " +
                     lease_file + ".set-aside-1 and the others)");
    }
    return {};
}

Result<Placed> complete(const std::string& lease_file, int source, int kept, Meeting meeting)
{
    const auto copied = copy_rest(source, kept);
    return copied ? put_in_place(kept_copy(lease_file), kept, lease_file, meeting) : Result<Placed>(copied.error());
}

process::SpawnOptions child_for(const LeaseTask& task, int source, Rescue rescue)
{
    process::SpawnOptions options;
    options.path = "keavrfd-leases";
    options.identity = task.identity;
    options.standard_input = task.lock;
    options.standard_error = source;
    options.work = [lease_file = task.lease_file, rescue] {
        const auto done = rescue_leases(lease_file, STDERR_FILENO, rescue);
        const auto said = write_all(STDOUT_FILENO, done ? done->set_aside : done.error().message());
        return done && said ? 0 : 1;
    };
    return options;
}

Error not_rescued(const std::string& lease_file, const std::string& why)
{
    return Error("the lease file " + lease_file + " is gone from its place, and cannot be put back: " + why);
}

} // namespace

Result<Placed> rescue_leases(const std::string& lease_file, int source, Rescue rescue)
{
    if (rescue == Rescue::prove || rescue == Rescue::prove_merge) {
        const auto proved = prove(lease_file, source, rescue);
        return proved ? Result<Placed>(Placed()) : Result<Placed>(proved.error());
    }
    const auto meeting = rescue == Rescue::merge ? Meeting::newer : Meeting::stranger;
    const auto kept = open_kept_copy(source, lease_file);
    return kept ? complete(lease_file, source, kept.get(), meeting) : place_copy_of(source, lease_file, meeting);
}

asio::awaitable<Result<void>> async_rescue_leases(LeaseTask task, int source, Rescue rescue)
{
    struct stat status {};
    if (::fstat(source, &status) != 0) {
        co_return Error::from_errno("cannot look at what Kea had open");
    }
    if (has_a_place(task.lease_file, status)) {
        co_return Result<void>{};
    }
    auto options = child_for(task, source, rescue);
    const auto limit = task.mend_limit.value_or(usual_time + lease_allowance(bytes_on_disk(status)));
    const auto ran = co_await process::async_run(std::move(options), limit);
    if (!ran) {
        co_return not_rescued(task.lease_file, ran.error().message());
    }
    if (!ran->status.success()) {
        co_return not_rescued(task.lease_file, ran->output.empty() ? ran->status.describe() : ran->output);
    }
    if (rescue == Rescue::carry_out || rescue == Rescue::merge) {
        log::warning("leases.put-back", task.vrf,
                     "the lease file was gone from its place while Kea wrote to it; what Kea had open stands there "
                     "again, and no lease in it is lost",
                     {{"file", task.lease_file}, {"set-aside", ran->output.empty() ? "nothing" : ran->output}});
    }
    co_return Result<void>{};
}

} // namespace keavrf::kea
