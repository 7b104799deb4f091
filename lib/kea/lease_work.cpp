#include "kea/lease_work.hpp"

#include "core/unique_fd.hpp"
#include "kea/folders.hpp"
#include "kea/lease_file.hpp"
#include "kea/lease_set.hpp"
#include "kea/lease_watch.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace keavrf::kea {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

std::uint64_t secret()
{
    std::uint64_t number = 0;
    static_cast<void>(::getrandom(&number, sizeof number, 0));
    return number;
}

// To `out` where that is a descriptor.
Result<void> read_through(int file, int out, LeaseMender& mender)
{
    std::string piece(piece_bytes, '\0');
    std::string mended;
    ssize_t count = 1;
    for (off_t offset = 0; count > 0; offset += count) {
        count = ::pread(file, piece.data(), piece.size(), offset);
        if (count < 0) {
            return Error::from_errno("cannot read");
        }
        mended.clear();
        if (count > 0) {
            mender.feed(std::string_view(piece.data(), static_cast<std::size_t>(count)), mended);
        } else {
            mender.finish(mended);
        }
        auto written = out < 0 ? Result<void>() : write_all(out, mended);
        if (!written) {
            return written;
        }
    }
    return {};
}

// Success too where there is no such file.
Result<LeaseReport> look(const LeaseSet::File& part, const LeaseSubnets& subnets, LeaseGhosts& ghosts)
{
    if (!part.file) {
        return part.file.error().is(ENOENT) ? Result<LeaseReport>(LeaseReport())
                                            : Result<LeaseReport>(part.file.error());
    }
    ghosts.begin_file(part.name.sorted);
    LeaseMender mender(subnets, ghosts);
    const auto read = read_through(part.file->get(), -1, mender);
    return read ? Result<LeaseReport>(mender.report()) : Result<LeaseReport>(read.error());
}

Result<void> write_mended(const LeaseSet::File& part, int out, const LeaseSubnets& subnets, std::string_view behind)
{
    LeaseGhosts ignored(0);
    LeaseMender mender(subnets, ignored);
    auto done = read_through(part.file->get(), out, mender);
    return done ? write_all(out, behind) : done;
}

Result<void> rewrite(const LeaseSet::File& part, const LeaseSubnets& subnets, std::string_view behind)
{
    const auto& path = part.name.path;
    const auto temporary = path + unfinished_suffix;
    const auto out = create_output_file(temporary);
    struct stat status {};
    if (!out || ::fstat(part.file->get(), &status) != 0 || ::fchown(out->get(), status.st_uid, status.st_gid) != 0 ||
        ::fchmod(out->get(), status.st_mode & 0777U) != 0) {
        return !out ? out.error() : Error::from_errno("cannot make " + temporary);
    }
    auto done = write_mended(part, out->get(), subnets, behind);
    if (done) {
        done = rename_file(temporary, path, out->get());
    }
    if (!done) {
        static_cast<void>(remove_file(temporary));
    }
    return done;
}

// The same without an effect: into a file whose name is gone before anything is in it.
Result<void> prove(const LeaseSet::File& part, const LeaseSubnets& subnets, std::string_view behind)
{
    const auto temporary = part.name.path + unfinished_suffix;
    const auto out = create_output_file(temporary);
    if (!out) {
        return out.error();
    }
    auto done = remove_file(temporary);
    if (done && obviously_too_large(part.file->get(), out->get())) {
        done = Error::from_errno("cannot write", ENOSPC);
    }
    if (done) {
        done = write_mended(part, out->get(), subnets, behind);
    }
    if (done && ::fsync(out->get()) != 0) {
        done = Error::from_errno("cannot write");
    }
    return done;
}

LeaseFinding finding_of(const std::string& path, const Result<LeaseReport>& looked)
{
    LeaseFinding finding;
    finding.path = path;
    if (!looked) {
        finding.unseen = looked.error().message();
        return finding;
    }
    finding.damaged = looked->changes();
    finding.separated = looked->separated;
    finding.torn = looked->torn;
    finding.unreadable = looked->unreadable;
    finding.zeroed = looked->zeroed;
    finding.examples = looked->examples;
    return finding;
}

std::string not_mended(const std::string& path, const Error& why)
{
    return "the lease file " + path + " is not whole and cannot be mended: " + why.message();
}

// What was seen of a set of files.
struct Look {
    LeaseFindings findings;
    std::string releases; // to be put behind the last file
};

Look look_at(const LeaseSet& set, const LeaseSubnets& subnets)
{
    LeaseGhosts ghosts(secret());
    Look seen;
    std::uint64_t lines_in_last = 0;
    for (const auto& part : set.files()) {
        const auto looked = look(part, subnets, ghosts);
        seen.findings.files.push_back(finding_of(part.name.path, looked));
        lines_in_last = looked ? looked->lines : 0;
    }
    auto& last = seen.findings.files.back();
    last.ghosts = ghosts.count();
    last.damaged = last.damaged || (last.ghosts > 0 && lines_in_last > 0);
    seen.releases = ghosts.releases();
    return seen;
}

void mend_files(const LeaseSet& set, const LeaseSubnets& subnets, bool in_earnest, Look& seen)
{
    const auto& files = set.files();
    for (std::size_t index = 0; index < files.size(); ++index) {
        auto& finding = seen.findings.files[index];
        if (!finding.damaged) {
            continue;
        }
        const auto releases = index + 1 == files.size() ? std::string_view(seen.releases) : std::string_view();
        const auto rewritten =
            in_earnest ? rewrite(files[index], subnets, releases) : prove(files[index], subnets, releases);
        if (!rewritten) {
            seen.findings.failure = not_mended(finding.path, rewritten.error());
            return;
        }
        finding.mended = in_earnest;
    }
}

LeaseFindings recall(const std::string& lease_file)
{
    LeaseFindings findings;
    remove_unfinished(lease_file); // room that may be missed
    auto recalled = recall_kept_copy(lease_file);
    if (recalled) {
        findings.recalled = std::move(*recalled);
    } else {
        findings.failure = "the lease file " + lease_file +
                           " was gone from its place, and the copy of it that was made then, " + kept_copy(lease_file) +
                           ", cannot be put there: " + recalled.error().message();
    }
    return findings;
}

} // namespace

bool obviously_too_large(int file, int out)
{
    struct stat status {};
    struct statvfs disk {};
    if (::fstat(file, &status) != 0 || ::fstatvfs(out, &disk) != 0 || disk.f_blocks == 0) {
        return false; // a tmpfs without a limit has no blocks
    }
    return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize < bytes_on_disk(status);
}

Result<void> write_all(int file, std::string_view text)
{
    while (!text.empty()) {
        const auto count = ::write(file, text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return Error::from_errno("cannot write");
        }
        text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    return {};
}

void remove_unfinished(const std::string& lease_file)
{
    for (const auto& part : lease_files(lease_file)) {
        static_cast<void>(remove_file(part.path + unfinished_suffix));
    }
}

LeaseFindings nothing_seen(const std::string& lease_file, const std::string& why)
{
    LeaseFinding finding;
    finding.path = lease_file;
    finding.unseen = why;
    LeaseFindings findings;
    findings.files.push_back(std::move(finding));
    return findings;
}

bool is_written(const std::string& file)
{
    const auto opened = open_plain_file(file);
    if (!opened) {
        return false;
    }
    std::signal(SIGIO, SIG_IGN); // of whoever opens it between these two calls, and waits for the second
    if (::fcntl(opened->get(), F_SETLEASE, F_RDLCK) != 0) {
        return errno == EAGAIN;
    }
    ::fcntl(opened->get(), F_SETLEASE, F_UNLCK);
    return false;
}

LeaseFindings work_on_leases(const std::string& lease_file, const LeaseSubnets& subnets, LeaseWork work)
{
    LeaseFindings findings;
    if ((work == LeaseWork::tidy || work == LeaseWork::recall) && is_written(lease_file)) {
        findings.in_use = true;
        return findings;
    }
    if (work == LeaseWork::compare) {
        findings.copy_knows_more = knows_more(lease_file);
        return findings;
    }
    if (work == LeaseWork::recall) {
        return recall(lease_file);
    }
    if (work == LeaseWork::tidy) {
        static_cast<void>(remove_file(lease_file + ".output"));
        // Of one that was killed while it wrote: on a disk that is full it would be missed.
        remove_unfinished(lease_file);
    }
    Look seen;
    const auto set = look_in_place(lease_file, [&](const LeaseSet& looked_at) { seen = look_at(looked_at, subnets); });
    if (!set) {
        return nothing_seen(lease_file, "the files are renamed again and again while they are looked at");
    }
    if (work == LeaseWork::mend || work == LeaseWork::prove) {
        mend_files(*set, subnets, work == LeaseWork::mend, seen);
    }
    return std::move(seen.findings);
}

} // namespace keavrf::kea
