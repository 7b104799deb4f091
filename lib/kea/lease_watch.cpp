#include "kea/lease_watch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>

namespace keavrf::kea {

namespace {

// Less than the time between two audits, and far more than Kea takes to begin a new file.
constexpr std::chrono::seconds longest_absence{4};
// Of its descriptors, the lowest: Kea can have 1,024. One that was taken over may open any number.
constexpr int most_descriptors = 4096;
// How Kea's lease file begins (memfile).
constexpr std::string_view header = "address,hwaddr,client_id,";

struct RegularFile {
    FileNumber number;
    uid_t owner = 0;
};

std::optional<RegularFile> regular_file(int folder, const std::string& path, int flags)
{
    struct statx status {};
    const bool found =
        ::statx(folder, path.c_str(), flags | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO | STATX_UID, &status) == 0;
    if (!found || !S_ISREG(status.stx_mode)) {
        return std::nullopt;
    }
    return RegularFile{{makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino}, status.stx_uid};
}

std::optional<FileNumber> number_of(const std::string& path, int flags)
{
    const auto found = regular_file(AT_FDCWD, path, flags);
    return found ? std::optional(found->number) : std::nullopt;
}

std::optional<FileNumber> number_of_open(int file)
{
    const auto found = regular_file(file, "", AT_EMPTY_PATH);
    return found ? std::optional(found->number) : std::nullopt;
}

std::string descriptors_of(ProcessId process)
{
    return "/proc/" + std::to_string(process.value()) + "/fd/";
}

// The mode of the link itself says how the file was opened.
bool for_writing(const std::string& descriptor)
{
    struct stat link {};
    return ::lstat(descriptor.c_str(), &link) == 0 && (link.st_mode & S_IWUSR) != 0;
}

// A Kea that was taken over may put any file under that number between two looks, also one that it has by O_PATH and
// may not read, which root would open for it. So a handle that reads nothing comes first, and what it is of is looked
// at: the file that was accepted, and of Kea's own user.
UniqueFd open_accepted(ProcessId process, const std::string& descriptor, const FileNumber& accepted)
{
    struct stat folder {};
    const auto self = "/proc/" + std::to_string(process.value());
    const UniqueFd handle(::open(descriptor.c_str(), O_PATH | O_CLOEXEC));
    const auto found = handle ? regular_file(handle.get(), "", AT_EMPTY_PATH) : std::nullopt;
    if (!found || found->number != accepted || ::stat(self.c_str(), &folder) != 0 || found->owner != folder.st_uid) {
        return {};
    }
    const auto same = "/proc/self/fd/" + std::to_string(handle.get());
    return UniqueFd(::open(same.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

// What would have to be read from a disk is not waited for: no, for now.
bool begins_like_leases(ProcessId process, const std::string& descriptor, const FileNumber& accepted)
{
    const auto file = open_accepted(process, descriptor, accepted);
    std::array<char, header.size()> begin{};
    iovec piece{begin.data(), begin.size()};
    auto count = file ? ::preadv2(file.get(), &piece, 1, 0, RWF_NOWAIT) : -1;
    if (file && count < 0 && errno == EOPNOTSUPP) {
        count = ::pread(file.get(), begin.data(), begin.size(), 0); // a file system in memory, as tmpfs
    }
    return count == static_cast<ssize_t>(begin.size()) && std::string_view(begin.data(), begin.size()) == header;
}

struct Descriptor {
    int number = -1;
    FileNumber file;
};

// The first of its descriptors that is such a one; nothing: none.
template <class Accept>
std::optional<Descriptor> find_descriptor(ProcessId process, Accept accept)
{
    std::error_code failure;
    std::filesystem::directory_iterator entry(descriptors_of(process), failure);
    for (int looked = 0; looked < most_descriptors && !failure && entry != std::filesystem::directory_iterator();
         ++looked, entry.increment(failure)) {
        const auto path = entry->path().string();
        const auto number = number_of(path, 0);
        if (number && for_writing(path) && accept(path, *number)) {
            // NOLINTNEXTLINE(cert-err34-c): the kernel's own number
            return Descriptor{std::atoi(entry->path().filename().c_str()), *number};
        }
    }
    return std::nullopt;
}

bool is_cleaned_up(const std::string& lease_file)
{
    return file_number(lease_file + ".2") || file_number(lease_file + ".completed");
}

} // namespace

std::optional<FileNumber> file_number(const std::string& path)
{
    return number_of(path, AT_SYMLINK_NOFOLLOW);
}

std::string kept_copy(const std::string& lease_file)
{
    return lease_file + ".keavrfd-kept";
}

void LeaseWatch::hold(UniqueFd file, const std::string& lease_file)
{
    held_ = std::move(file);
    const auto number = held_ ? number_of_open(held_.get()) : std::nullopt;
    cleaning_up_ = number && number == file_number(lease_file + ".1");
}

// A cleanup that was seen in its middle has moved what is held, and may have removed it by now.
bool LeaseWatch::goes_on_without_it(const FileNumber& named) const
{
    return held_ && !cleaning_up_ && number_of_open(held_.get()) != named && (!continued_ || *continued_ == named);
}

bool LeaseWatch::astray(Clock::time_point now, ProcessId kea, const std::string& lease_file)
{
    const auto named = file_number(lease_file);
    const auto open = [&](int descriptor) { return number_of(descriptors_of(kea) + std::to_string(descriptor), 0); };
    const bool same = named && descriptor_ >= 0 && open(descriptor_) == named;
    const auto found =
        same ? std::optional(Descriptor{descriptor_, *named})
             : find_descriptor(kea, [&](const std::string&, const FileNumber& number) { return named == number; });
    if (found && goes_on_without_it(*named)) {
        known_ = named;
        descriptor_ = found->number;
        continued_ = named;
        return true;
    }
    if (found) {
        known_ = named;
        descriptor_ = found->number;
        lost_ = lost_ || (continued_ && *continued_ != *named);
        cleaned_up_ = is_cleaned_up(lease_file);
        put_back();
        return false;
    }
    if (!held_) {
        // Of one that was adopted, and of one that a cleanup has begun, whose file was gone before it was seen, what is
        // in it has to tell.
        auto lost =
            find_descriptor(kea, [&](const std::string&, const FileNumber& number) { return known_ == number; });
        if (!lost) {
            lost = find_descriptor(kea, [&](const std::string& path, const FileNumber& number) {
                return begins_like_leases(kea, path, number);
            });
        }
        if (lost) {
            hold(open_accepted(kea, descriptors_of(kea) + std::to_string(lost->number), lost->file), lease_file);
        }
        if (!held_) {
            return false;
        }
    }
    astray_since_ = astray_since_.value_or(now);
    return true;
}

bool LeaseWatch::gone(Clock::time_point now) const noexcept
{
    return held_ && astray_since_ && now - *astray_since_ >= longest_absence;
}

bool LeaseWatch::lost_older(const std::string& lease_file) const
{
    return cleaned_up_ && !is_cleaned_up(lease_file);
}

void LeaseWatch::put_back()
{
    astray_since_.reset();
    held_.reset();
    continued_.reset();
    copied_ = false;
}

} // namespace keavrf::kea
