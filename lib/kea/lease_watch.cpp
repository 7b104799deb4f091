#include "kea/lease_watch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
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

std::optional<FileNumber> number_of(const std::string& path, int flags)
{
    struct statx status {};
    const bool found =
        ::statx(AT_FDCWD, path.c_str(), flags | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &status) == 0;
    if (!found || !S_ISREG(status.stx_mode)) {
        return std::nullopt;
    }
    return FileNumber{makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino};
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

// Whatever Kea has put there meanwhile.
UniqueFd open_regular(const std::string& descriptor)
{
    UniqueFd file(::open(descriptor.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status {};
    return file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) ? std::move(file) : UniqueFd();
}

bool begins_like_leases(const std::string& descriptor)
{
    const auto file = open_regular(descriptor);
    std::array<char, header.size()> begin{};
    return file && ::pread(file.get(), begin.data(), begin.size(), 0) == static_cast<ssize_t>(begin.size()) &&
           std::string_view(begin.data(), begin.size()) == header;
}

// The first of its descriptors that is such a one; -1: none.
template <class Accept>
int find_descriptor(ProcessId process, Accept accept)
{
    std::error_code failure;
    std::filesystem::directory_iterator entry(descriptors_of(process), failure);
    for (int looked = 0; looked < most_descriptors && !failure && entry != std::filesystem::directory_iterator();
         ++looked, entry.increment(failure)) {
        const auto path = entry->path().string();
        const auto number = number_of(path, 0);
        if (number && for_writing(path) && accept(path, *number)) {
            return std::atoi(entry->path().filename().c_str()); // NOLINT(cert-err34-c): the kernel's own number
        }
    }
    return -1;
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

bool LeaseWatch::astray(Clock::time_point now, ProcessId kea, const std::string& lease_file)
{
    const auto named = file_number(lease_file);
    const auto open = [&](int descriptor) { return number_of(descriptors_of(kea) + std::to_string(descriptor), 0); };
    const bool same = named && descriptor_ >= 0 && open(descriptor_) == named;
    const int found =
        same ? descriptor_
             : find_descriptor(kea, [&](const std::string&, const FileNumber& number) { return named == number; });
    if (found >= 0) {
        known_ = named;
        descriptor_ = found;
        cleaned_up_ = is_cleaned_up(lease_file);
        put_back();
        return false;
    }
    if (!held_) {
        // Of one that was adopted, and whose file was gone before, what is in it has to tell.
        const int lost = find_descriptor(kea, [&](const std::string& path, const FileNumber& number) {
            return known_ ? *known_ == number : begins_like_leases(path);
        });
        if (lost < 0) {
            return false;
        }
        held_ = open_regular(descriptors_of(kea) + std::to_string(lost));
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
}

} // namespace keavrf::kea
