// Internal to lib/kea: the files that a Kea would load its leases from, opened together.
//
// A live Kea and its kea-lfc rename them (Kea 2.2 to 3.0; memfile_lease_mgr.cc, lfcExecute; lfc_controller.cc,
// fileRotate): the lease file becomes `.1` and a new one is begun; `.2` and `.1` are made into `.completed`; both are
// removed, and `.completed` becomes `.2`. Who opens one after the other meanwhile may get files that never were there
// together: a lease without the later row that ends it. So all are opened before any is read, and asked for by name
// again afterwards. Each that is held open keeps its inode's number to itself, so that where every name still leads to
// the same file, they were there together.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keavrf::kea {

// The files that Kea loads, in that order, and which of them kea-lfc wrote, sorted by address.
struct LeaseFile {
    std::string path;
    bool sorted = false;
};
std::vector<LeaseFile> lease_files(const std::string& lease_file);

class LeaseSet {
public:
    explicit LeaseSet(std::string lease_file);

    struct File {
        LeaseFile name;
        Result<UniqueFd> file; // for reading, by pread(2); ENOENT: there is none
        std::optional<std::pair<dev_t, ino_t>> number;
    };
    [[nodiscard]] const std::vector<File>& files() const noexcept { return files_; }
    // Each name still leads to the file that was opened, and no other has come.
    [[nodiscard]] bool in_place() const;

private:
    std::string lease_file_;
    std::vector<File> files_;
};

// Has a set looked at, and another where they were renamed meanwhile, five times at most: none of Kea's cleanups comes
// as fast. The set that stayed in place; nullopt: none did.
std::optional<LeaseSet> look_in_place(const std::string& lease_file, const std::function<void(const LeaseSet&)>& look);

} // namespace keavrf::kea
