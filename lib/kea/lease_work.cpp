#include "kea/lease_work.hpp"

#include "core/unique_fd.hpp"
#include "kea/folders.hpp"

#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace keavrf::kea {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;
constexpr const char* temporary_suffix = ".keavrfd-new";

std::uint64_t secret()
{
    std::uint64_t number = 0;
    static_cast<void>(::getrandom(&number, sizeof number, 0));
    return number;
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
Result<LeaseReport> look(const LeaseFile& part, const LeaseSubnets& subnets, LeaseGhosts& ghosts)
{
    const auto file = open_plain_file(part.path);
    if (!file) {
        return file.error().is(ENOENT) ? Result<LeaseReport>(LeaseReport()) : Result<LeaseReport>(file.error());
    }
    ghosts.begin_file(part.sorted);
    LeaseMender mender(subnets, ghosts);
    const auto read = read_through(file->get(), -1, mender);
    return read ? Result<LeaseReport>(mender.report()) : Result<LeaseReport>(read.error());
}

Result<void> rewrite(const std::string& path, const LeaseSubnets& subnets, std::string_view behind)
{
    const auto temporary = path + temporary_suffix;
    const auto file = open_plain_file(path);
    const auto out = create_output_file(temporary);
    struct stat status {};
    if (!file || !out || ::fstat(file->get(), &status) != 0 ||
        ::fchown(out->get(), status.st_uid, status.st_gid) != 0 || ::fchmod(out->get(), status.st_mode & 0777U) != 0) {
        return !file ? file.error() : !out ? out.error() : Error::from_errno("cannot make " + temporary);
    }
    LeaseGhosts ignored(0);
    LeaseMender mender(subnets, ignored);
    auto done = read_through(file->get(), out->get(), mender);
    if (done) {
        done = write_all(out->get(), behind);
    }
    if (done) {
        done = rename_file(temporary, path, out->get());
    }
    if (!done) {
        static_cast<void>(remove_file(temporary));
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
    finding.separated = looked->separated;
    finding.torn = looked->torn;
    finding.unreadable = looked->unreadable;
    finding.examples = looked->examples;
    return finding;
}

std::string not_mended(const std::string& path, const Error& why)
{
    return "the lease file " + path + " is not whole and cannot be mended: " + why.message();
}

} // namespace

// memfile_lease_mgr.cc, loadLeasesFromFiles.
std::vector<LeaseFile> lease_files(const std::string& lease_file)
{
    struct stat status {};
    if (::lstat((lease_file + ".completed").c_str(), &status) == 0) {
        return {{lease_file + ".completed", true}, {lease_file, false}};
    }
    return {{lease_file + ".2", true}, {lease_file + ".1", false}, {lease_file, false}};
}

void remove_unfinished(const std::string& lease_file)
{
    for (const auto& part : lease_files(lease_file)) {
        static_cast<void>(remove_file(part.path + temporary_suffix));
    }
}

LeaseFindings work_on_leases(const std::string& lease_file, const LeaseSubnets& subnets, bool mend)
{
    if (mend) {
        static_cast<void>(remove_file(lease_file + ".output"));
        // Of one that was killed while it wrote: on a disk that is full it would be missed.
        remove_unfinished(lease_file);
    }
    LeaseGhosts ghosts(secret());
    LeaseFindings findings;
    std::vector<LeaseReport> reports;
    for (const auto& part : lease_files(lease_file)) {
        const auto looked = look(part, subnets, ghosts);
        findings.files.push_back(finding_of(part.path, looked));
        reports.push_back(looked ? *looked : LeaseReport());
    }
    findings.files.back().ghosts = ghosts.count();
    for (std::size_t index = 0; mend && index < reports.size(); ++index) {
        auto& finding = findings.files[index];
        const auto releases = index + 1 == reports.size() ? ghosts.releases() : std::string();
        if (reports[index].changes() || (!releases.empty() && reports[index].lines > 0)) {
            const auto rewritten = rewrite(finding.path, subnets, releases);
            if (!rewritten) {
                findings.failure = not_mended(finding.path, rewritten.error());
                return findings;
            }
            finding.mended = true;
        }
    }
    return findings;
}

} // namespace keavrf::kea
