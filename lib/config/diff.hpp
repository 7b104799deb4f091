// What a reload changes. Pure. Marks never count: moving text about in the file changes nothing.
#pragma once

#include "config/diagnostic.hpp"
#include "config/settings.hpp"

#include <memory>
#include <string>
#include <vector>

namespace keavrf::config {

// Equal in all but their marks.
bool same(const InterfaceSettings& left, const InterfaceSettings& right);
bool same(const VrfSettings& left, const VrfSettings& right);
bool same(const Settings& left, const Settings& right);

struct SettingsDiff {
    std::vector<std::string> daemon_keys_changed; // paths: "log.level"
    // By pattern, as the file has it.
    std::vector<std::string> vrfs_added;
    std::vector<std::string> vrfs_removed;
    std::vector<std::string> vrfs_changed;
    bool glob_order_changed = false; // so that a VRF may be served by another entry than before
    [[nodiscard]] bool empty() const noexcept;
};

SettingsDiff diff(const Settings& running, const Settings& wanted);

// Keys that differ but cannot change while the daemon runs: where its files, namespaces and processes are, and who
// they belong to. A reload refuses them; each problem names the running value and what to do.
std::vector<Diagnostic> unchangeable(const Settings& running, const Settings& wanted);

// `wanted`, in which entries that did not change are the running objects, so that what is made of them compares equal.
std::shared_ptr<const Settings> with_unchanged_entries(const Settings& running, const Settings& wanted);

} // namespace keavrf::config
