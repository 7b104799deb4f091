#include "kea/lease_rescue.hpp"

#include "core/log.hpp"
#include "core/unique_fd.hpp"
#include "kea/folders.hpp"
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
// Of what was found under the name; somebody who does this again and again has to look one day.
constexpr unsigned most_set_aside = 100;
constexpr const char* temporary_suffix = ".keavrfd-new";

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
    // It is written to at its end.
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

Result<void> copy(int source, int out)
{
    for (off_t offset = 0;;) {
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

// A second name, so that there is one at any time; what can have none (a folder) is renamed.
Result<Rescued> set_aside(const std::string& lease_file)
{
    struct stat status {};
    if (::lstat(lease_file.c_str(), &status) != 0) {
        return Rescued{};
    }
    for (unsigned number = 1; number <= most_set_aside; ++number) {
        auto aside = lease_file + ".set-aside-" + std::to_string(number);
        if (::link(lease_file.c_str(), aside.c_str()) == 0) {
            return Rescued{aside};
        }
        const bool taken = errno == EEXIST || ::lstat(aside.c_str(), &status) == 0;
        if (!taken && ::rename(lease_file.c_str(), aside.c_str()) == 0) {
            return Rescued{aside};
        }
    }
    return Error("what stands under the name " + lease_file + " cannot be set aside (remove it)");
}

// It is one of those that a Kea would load: moved back, or renamed by a cleanup.
bool has_a_place(const std::string& lease_file, const struct stat& source)
{
    const FileNumber number{source.st_dev, source.st_ino};
    const auto files = lease_files(lease_file);
    return std::any_of(files.begin(), files.end(),
                       [&](const LeaseFile& file) { return file_number(file.path) == number; });
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
    const auto temporary = lease_file + temporary_suffix;
    const auto out = create_output_file(temporary);
    struct stat status {};
    if (!out || ::fstat(source, &status) != 0 || ::fchmod(out->get(), status.st_mode & 0777U) != 0) {
        return !out ? out.error() : Error::from_errno("cannot make " + temporary);
    }
    // A proof has no name: where the child is killed, its room is free at once.
    auto done = rescue == Rescue::prove ? remove_file(temporary) : Result<void>();
    if (done && obviously_too_large(source, out->get())) {
        done = Error::from_errno("cannot write", ENOSPC);
    }
    if (done) {
        done = copy(source, out->get());
    }
    if (done && ::fsync(out->get()) != 0) {
        done = Error::from_errno("cannot write");
    }
    Rescued rescued;
    if (done && rescue == Rescue::carry_out) {
        const auto set = set_aside(lease_file);
        done = set ? rename_file(temporary, lease_file, out->get()) : Result<void>(set.error());
        rescued = set ? *set : Rescued{};
    }
    if (!done && rescue == Rescue::carry_out) {
        static_cast<void>(remove_file(temporary));
    }
    return done ? Result<Rescued>(rescued) : Result<Rescued>(done.error());
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
