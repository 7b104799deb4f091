#include "kea/lease_set.hpp"

#include "kea/folders.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace keavrf::kea {

namespace {

constexpr int most_looks = 5;

using Number = std::optional<std::pair<dev_t, ino_t>>;

Number number_of(const std::string& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? Number({status.st_dev, status.st_ino}) : std::nullopt;
}

// Of what was opened, not of what has its name by now.
Number number_of(const Result<UniqueFd>& file, const std::string& path)
{
    struct stat status {};
    if (!file) {
        return file.error().is(ENOENT) ? std::nullopt : number_of(path);
    }
    return ::fstat(file->get(), &status) == 0 ? Number({status.st_dev, status.st_ino}) : std::nullopt;
}

} // namespace

// memfile_lease_mgr.cc, loadLeasesFromFiles.
std::vector<LeaseFile> lease_files(const std::string& lease_file)
{
    if (number_of(lease_file + ".completed")) {
        return {{lease_file + ".completed", true}, {lease_file, false}};
    }
    return {{lease_file + ".2", true}, {lease_file + ".1", false}, {lease_file, false}};
}

LeaseSet::LeaseSet(std::string lease_file) : lease_file_(std::move(lease_file))
{
    for (auto& name : lease_files(lease_file_)) {
        auto file = open_plain_file(name.path);
        const auto number = number_of(file, name.path);
        files_.push_back({std::move(name), std::move(file), number});
    }
}

bool LeaseSet::in_place() const
{
    const auto now = lease_files(lease_file_);
    return std::equal(now.begin(), now.end(), files_.begin(), files_.end(),
                      [](const LeaseFile& name, const File& file) {
                          return name.path == file.name.path && number_of(name.path) == file.number;
                      });
}

std::optional<LeaseSet> look_in_place(const std::string& lease_file, const std::function<void(const LeaseSet&)>& look)
{
    for (int time = 0; time < most_looks; ++time) {
        LeaseSet set(lease_file);
        look(set);
        if (set.in_place()) {
            return set;
        }
    }
    return std::nullopt;
}

} // namespace keavrf::kea
