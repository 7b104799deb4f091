#include "kea/lease_copy.hpp"

#include "core/unique_fd.hpp"
#include "kea/lease_row.hpp"
#include "kea/lease_work.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::kea {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;
constexpr std::size_t longest_header = 4096;
// Of a row (memfile, all versions of Kea 2.2 to 3.0).
constexpr std::size_t lifetime_column = 3;
constexpr std::size_t expiry_column = 4;

Error cannot_read()
{
    return Error::from_errno("cannot read the leases");
}

struct Extent {
    off_t begin = 0;
    off_t end = 0;
};

// The next that holds anything. Empty: the end of the file. Its size comes first: Kea may write to it meanwhile, and
// that is no hole.
Result<Extent> next_extent(int source, off_t offset)
{
    struct stat status {};
    if (::fstat(source, &status) != 0) {
        return cannot_read();
    }
    const auto begin = ::lseek(source, offset, SEEK_DATA);
    const auto end = begin < 0 ? begin : ::lseek(source, begin, SEEK_HOLE);
    if (end >= 0) {
        return Extent{begin, end};
    }
    return errno == ENXIO ? Result<Extent>(Extent{status.st_size, status.st_size}) : Result<Extent>(cannot_read());
}

// From its beginning, where `out` ends.
Result<void> copy_bytes(int source, int out, Extent extent)
{
    std::vector<char> piece(piece_bytes);
    for (auto offset = extent.begin; offset < extent.end;) {
        const auto most = std::min(piece.size(), static_cast<std::size_t>(extent.end - offset));
        const auto count = ::pread(source, piece.data(), most, offset);
        if (count < 0) {
            return cannot_read();
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

Result<void> extend(int out, off_t size)
{
    return ::ftruncate(out, size) == 0 ? Result<void>() : Error::from_errno("cannot write");
}

Result<void> copy_from(int source, int out, off_t offset)
{
    for (;;) {
        const auto extent = next_extent(source, offset);
        if (!extent) {
            return extent.error();
        }
        if (extent->begin == extent->end) {
            return extend(out, std::max(extent->end, offset));
        }
        auto copied = extend(out, extent->begin);
        if (copied) {
            copied = copy_bytes(source, out, *extent);
        }
        if (!copied) {
            return copied;
        }
        offset = extent->end;
    }
}

Result<void> sync(int out)
{
    return ::fsync(out) == 0 ? Result<void>() : Error::from_errno("cannot write");
}

bool same_bytes(int one, int other, off_t offset, std::size_t count)
{
    std::vector<char> of_one(count);
    std::vector<char> of_other(count);
    const auto expected = static_cast<ssize_t>(count);
    return ::pread(one, of_one.data(), count, offset) == expected &&
           ::pread(other, of_other.data(), count, offset) == expected && of_one == of_other;
}

Result<void> write_rows(int rows, off_t offset, int out)
{
    for (;;) {
        const auto extent = next_extent(rows, offset);
        if (!extent) {
            return extent.error();
        }
        if (extent->begin == extent->end) {
            return sync(out);
        }
        auto written = copy_bytes(rows, out, *extent);
        if (!written) {
            return written;
        }
        offset = extent->end;
    }
}

std::uint64_t renewal_in(std::string_view line)
{
    const auto columns = split_columns(line);
    if (columns.size() <= expiry_column) {
        return 0;
    }
    const auto lifetime = lease_number(columns[lifetime_column]);
    const auto expiry = lease_number(columns[expiry_column]);
    return expiry > lifetime ? expiry - lifetime : 0;
}

// The newest in the lines that are complete, which are taken; a line that is longer than any row is none.
std::uint64_t take_lines(std::string& text)
{
    std::uint64_t newest = 0;
    std::string_view rest = text;
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        newest = std::max(newest, renewal_in(rest.substr(0, end)));
        rest.remove_prefix(end + 1);
    }
    text = rest.size() > piece_bytes ? std::string() : std::string(rest);
    return newest;
}

bool ends_within_a_line(int file)
{
    struct stat status {};
    char last = 0;
    return ::fstat(file, &status) == 0 && status.st_size > 0 && ::pread(file, &last, 1, status.st_size - 1) == 1 &&
           last != '\n';
}

} // namespace

std::string header_of(int file)
{
    std::string text(longest_header, '\0');
    const auto count = ::pread(file, text.data(), text.size(), 0);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    const auto newline = text.find('\n');
    text.resize(newline == std::string::npos ? 0 : newline + 1);
    return text.empty() || !LeaseHeader::parse(std::string_view(text).substr(0, newline)) ? std::string() : text;
}

Result<void> copy_rest(int source, int out)
{
    struct stat from {};
    struct stat to {};
    if (::fstat(source, &from) != 0 || ::fstat(out, &to) != 0 || ::fchmod(out, from.st_mode & 0777U) != 0) {
        return Error::from_errno("cannot begin to write");
    }
    if (to.st_size == 0 && obviously_too_large(source, out)) {
        return Error::from_errno("cannot write", ENOSPC);
    }
    auto copied = copy_from(source, out, to.st_size);
    return copied ? sync(out) : copied;
}

bool is_beginning_of(int source, int copy)
{
    struct stat whole {};
    struct stat part {};
    if (::fstat(source, &whole) != 0 || ::fstat(copy, &part) != 0 || part.st_size > whole.st_size) {
        return false;
    }
    for (off_t offset = 0; offset < part.st_size;) {
        const auto of_source = next_extent(source, offset);
        const auto of_copy = next_extent(copy, offset);
        if (!of_source || !of_copy) {
            return false;
        }
        offset = std::min(of_source->begin, of_copy->begin);
        if (offset >= part.st_size) {
            break;
        }
        const auto count = std::min(static_cast<off_t>(piece_bytes), part.st_size - offset);
        if (!same_bytes(source, copy, offset, static_cast<std::size_t>(count))) {
            return false;
        }
        offset += count;
    }
    return true;
}

Result<bool> append_rows(int rows, int out)
{
    // It may be open for writing alone.
    const auto self = "/proc/self/fd/" + std::to_string(out);
    const UniqueFd readable(::open(self.c_str(), O_RDONLY | O_CLOEXEC));
    const auto header = header_of(rows);
    struct stat before {};
    if (!readable || header.empty() || header_of(readable.get()) != header || ::fstat(out, &before) != 0) {
        return false;
    }
    auto written = write_all(out, ends_within_a_line(readable.get()) ? "\n" : "");
    if (written) {
        written = write_rows(rows, static_cast<off_t>(header.size()), out);
    }
    if (written) {
        return true;
    }
    static_cast<void>(extend(out, before.st_size)); // the room is free again, and another attempt finds what it knows
    return written.error();
}

std::uint64_t newest_renewal(int file)
{
    std::uint64_t newest = 0;
    std::string begun;
    std::string piece(piece_bytes, '\0');
    ssize_t count = 0;
    for (off_t offset = 0;; offset += count) {
        const auto extent = next_extent(file, offset);
        if (!extent || extent->begin == extent->end) {
            return newest;
        }
        offset = extent->begin;
        count = ::pread(file, piece.data(), piece.size(), offset);
        if (count <= 0) {
            return newest;
        }
        begun.append(piece, 0, static_cast<std::size_t>(count));
        newest = std::max(newest, take_lines(begun));
    }
}

} // namespace keavrf::kea
