#include "kea/lease_rescue.hpp"

#include "core/log.hpp"
#include "core/unique_fd.hpp"
#include "kea/folders.hpp"
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
#include <vector>

namespace keavrf::kea {

namespace {

constexpr Clock::duration usual_time = std::chrono::seconds(30);
constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

struct Extent {
    off_t begin = 0;
    off_t end = 0;
};

// The next that holds anything: Kea's user can make a file of holes as large as it likes. Empty: the end of the file.
Result<Extent> next_extent(int source, off_t offset)
{
    const auto begin = ::lseek(source, offset, SEEK_DATA);
    const auto end = begin < 0 ? begin : ::lseek(source, begin, SEEK_HOLE);
    if (end >= 0) {
        return Extent{begin, end};
    }
    struct stat status {};
    if (errno != ENXIO || ::fstat(source, &status) != 0) {
        return Error::from_errno("cannot read what Kea had open");
    }
    return Extent{status.st_size, status.st_size};
}

Result<void> copy_extent(int source, int out, Extent extent)
{
    std::vector<char> piece(piece_bytes);
    // It is written to at its end, which is there already unless a hole comes first.
    if (::ftruncate(out, extent.begin) != 0) {
        return Error::from_errno("cannot write");
    }
    for (auto offset = extent.begin; offset < extent.end;) {
        const auto most = std::min(piece.size(), static_cast<std::size_t>(extent.end - offset));
        const auto count = ::pread(source, piece.data(), most, offset);
        if (count < 0) {
            return Error::from_errno("cannot read what Kea had open");
        }
        if (count == 0) {
            return {}; // it has become shorter
        }
        auto written = write_all(out, {piece.data(), static_cast<std::size_t>(count)});
        if (!written) {
            return written;
        }
        offset += count;
    }
    return {};
}

// From there on; `out` ends there.
Result<void> copy(int source, int out, off_t offset)
{
    for (;;) {
        const auto extent = next_extent(source, offset);
        if (!extent) {
            return extent.error();
        }
        if (extent->begin == extent->end) {
            return ::ftruncate(out, extent->end) == 0 ? Result<void>() : Error::from_errno("cannot write");
        }
        auto copied = copy_extent(source, out, *extent);
        if (!copied) {
            return copied;
        }
        offset = extent->end;
    }
}

// It is one of those that a Kea would load: moved back, or renamed by a cleanup.
bool has_a_place(const std::string& lease_file, const struct stat& source)
{
    const FileNumber number{source.st_dev, source.st_ino};
    const auto files = lease_files(lease_file);
    return std::any_of(files.begin(), files.end(),
                       [&](const LeaseFile& file) { return file_number(file.path) == number; });
}

// What is in it is copied from where `out` ends, and is on the disk then.
Result<void> fill(int source, int out)
{
    struct stat from {};
    struct stat to {};
    if (::fstat(source, &from) != 0 || ::fstat(out, &to) != 0 || ::fchmod(out, from.st_mode & 0777U) != 0) {
        return Error::from_errno("cannot begin to write");
    }
    if (to.st_size == 0 && obviously_too_large(source, out)) {
        return Error::from_errno("cannot write", ENOSPC);
    }
    auto copied = copy(source, out, to.st_size);
    if (copied && ::fsync(out) != 0) {
        return Error::from_errno("cannot write");
    }
    return copied;
}

Result<void> prove(const std::string& lease_file, int source)
{
    const auto out = create_unnamed_file(lease_file);
    if (!out) {
        return out.error();
    }
    auto filled = fill(source, out->get());
    if (filled) {
        keep_copy(out->get(), lease_file);
    }
    return filled;
}

// The file of this name becomes the lease file.
Result<Rescued> put_in_place(const std::string& name, int file, const std::string& lease_file)
{
    const auto aside = set_aside(lease_file, lease_file);
    if (!aside) {
        return aside.error();
    }
    const auto renamed = rename_file(name, lease_file, file);
    return renamed ? Result<Rescued>(Rescued{*aside}) : Result<Rescued>(renamed.error());
}

// Needs room for no more than what was written since the copy was made.
Result<Rescued> complete(const std::string& lease_file, int source, int kept)
{
    const auto filled = fill(source, kept);
    return filled ? put_in_place(kept_copy(lease_file), kept, lease_file) : Result<Rescued>(filled.error());
}

Result<Rescued> copy_anew(const std::string& lease_file, int source)
{
    // Of another file, which had its place again: it takes room.
    const auto removed = remove_file(kept_copy(lease_file));
    const auto temporary = lease_file + unfinished_suffix;
    const auto out = removed ? create_output_file(temporary) : Result<UniqueFd>(removed.error());
    if (!out) {
        return out.error();
    }
    const auto filled = fill(source, out->get());
    auto rescued = filled ? put_in_place(temporary, out->get(), lease_file) : Result<Rescued>(filled.error());
    if (!rescued) {
        static_cast<void>(remove_file(temporary));
    }
    return rescued;
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

Result<Rescued> rescue_leases(const std::string& lease_file, int source, Rescue rescue)
{
    if (rescue == Rescue::prove) {
        const auto proved = prove(lease_file, source);
        return proved ? Result<Rescued>(Rescued()) : Result<Rescued>(proved.error());
    }
    const auto kept = open_kept_copy(source, lease_file);
    return kept ? complete(lease_file, source, kept.get()) : copy_anew(lease_file, source);
}

asio::awaitable<Result<void>> async_rescue_leases(LeaseTask task, int source, Rescue rescue)
{
    struct stat status {};
    if (::fstat(source, &status) != 0) {
        co_return Error::from_errno("cannot look at what Kea had open");
    }
    if (has_a_place(task.lease_file, status)) {
        const auto removed = rescue == Rescue::carry_out ? remove_file(kept_copy(task.lease_file)) : Result<void>();
        co_return removed;
    }
    auto options = child_for(task, source, rescue);
    const auto limit = usual_time + lease_allowance(bytes_on_disk(status));
    const auto ran = co_await process::async_run(std::move(options), limit);
    if (!ran) {
        co_return not_rescued(task.lease_file, ran.error().message());
    }
    if (!ran->status.success()) {
        co_return not_rescued(task.lease_file, ran->output.empty() ? ran->status.describe() : ran->output);
    }
    if (rescue == Rescue::carry_out) {
        log::warning("leases.put-back", task.vrf,
                     "the lease file was gone from its place while Kea wrote to it; what Kea had open stands there "
                     "again, and no lease in it is lost",
                     {{"file", task.lease_file}, {"set-aside", ran->output.empty() ? "nothing" : ran->output}});
    }
    co_return Result<void>{};
}

} // namespace keavrf::kea
