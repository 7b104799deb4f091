#include "config/diff.hpp"

#include "config/scalar.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace keavrf::config {

namespace {

// A daemon-wide key: how its value prints, and whether it can change while the daemon runs.
struct DaemonKey {
    std::string_view path;
    std::string (*value)(const Settings&);
    bool changeable;
};

std::string number(int value)
{
    return std::to_string(value);
}

constexpr bool fixed = false;
constexpr bool changeable = true;

constexpr std::array<DaemonKey, 16> daemon_keys{{
    {"kea.dhcp4", [](const Settings& s) { return s.kea.dhcp4; }, fixed},
    {"kea.dhcp6", [](const Settings& s) { return s.kea.dhcp6; }, fixed},
    {"kea.user", [](const Settings& s) { return s.kea.user; }, fixed},
    {"kea.log", [](const Settings& s) { return number(static_cast<int>(s.kea.log)); }, changeable},
    {"kea.timeouts.start", [](const Settings& s) { return duration_text(s.kea.timeouts.start); }, changeable},
    {"kea.timeouts.probe", [](const Settings& s) { return duration_text(s.kea.timeouts.probe); }, changeable},
    {"kea.timeouts.stop", [](const Settings& s) { return duration_text(s.kea.timeouts.stop); }, changeable},
    {"runtime-dir", [](const Settings& s) { return s.runtime_dir; }, fixed},
    {"state-dir", [](const Settings& s) { return s.state_dir; }, fixed},
    {"log-dir", [](const Settings& s) { return s.log_dir; }, fixed},
    {"netns-prefix", [](const Settings& s) { return s.netns_prefix; }, fixed},
    {"on-exit", [](const Settings& s) { return number(static_cast<int>(s.on_exit)); }, changeable},
    {"control.group", [](const Settings& s) { return s.control_group; }, fixed},
    {"http.listen", [](const Settings& s) { return s.http_listen.value_or(""); }, changeable},
    {"log.level", [](const Settings& s) { return number(static_cast<int>(s.log.level)); }, changeable},
    {"log.format", [](const Settings& s) { return number(static_cast<int>(s.log.format)); }, changeable},
}};

const VrfSettings* find_entry(const Settings& settings, const VrfSettings& like)
{
    const auto found = std::find_if(settings.vrfs.begin(), settings.vrfs.end(), [&](const auto& vrf) {
        return vrf->glob == like.glob && vrf->pattern == like.pattern;
    });
    return found != settings.vrfs.end() ? found->get() : nullptr;
}

// The globs that both have, in the order of the first.
std::vector<std::string> common_globs(const Settings& settings, const Settings& other)
{
    std::vector<std::string> globs;
    for (const auto& vrf : settings.vrfs) {
        if (vrf->glob && find_entry(other, *vrf) != nullptr) {
            globs.push_back(vrf->pattern);
        }
    }
    return globs;
}

} // namespace

bool same(const InterfaceSettings& left, const InterfaceSettings& right)
{
    return std::tie(left.pattern, left.giaddr, left.relay) == std::tie(right.pattern, right.giaddr, right.relay);
}

bool same(const VrfSettings& left, const VrfSettings& right)
{
    const auto plain = [](const VrfSettings& vrf) {
        return std::tie(vrf.pattern, vrf.glob, vrf.has_device, vrf.automatic_interfaces, vrf.excluded_interfaces,
                        vrf.relay, vrf.dhcp4, vrf.dhcp6);
    };
    return plain(left) == plain(right) &&
           std::equal(left.interfaces.begin(), left.interfaces.end(), right.interfaces.begin(), right.interfaces.end(),
                      [](const auto& a, const auto& b) { return same(a, b); });
}

bool same(const Settings& left, const Settings& right)
{
    const auto plain = [](const Settings& s) {
        return std::tie(s.kea, s.runtime_dir, s.state_dir, s.log_dir, s.netns_prefix, s.on_exit, s.control_group,
                        s.control_group_given, s.http_listen, s.log);
    };
    return plain(left) == plain(right) &&
           std::equal(left.vrfs.begin(), left.vrfs.end(), right.vrfs.begin(), right.vrfs.end(),
                      [](const auto& a, const auto& b) { return same(*a, *b); });
}

bool SettingsDiff::empty() const noexcept
{
    return daemon_keys_changed.empty() && vrfs_added.empty() && vrfs_removed.empty() && vrfs_changed.empty() &&
           !glob_order_changed;
}

SettingsDiff diff(const Settings& running, const Settings& wanted)
{
    SettingsDiff result;
    for (const auto& key : daemon_keys) {
        if (key.value(running) != key.value(wanted)) {
            result.daemon_keys_changed.emplace_back(key.path);
        }
    }
    for (const auto& vrf : wanted.vrfs) {
        const auto* before = find_entry(running, *vrf);
        if (before == nullptr) {
            result.vrfs_added.push_back(vrf->pattern);
        } else if (!same(*before, *vrf)) {
            result.vrfs_changed.push_back(vrf->pattern);
        }
    }
    for (const auto& vrf : running.vrfs) {
        if (find_entry(wanted, *vrf) == nullptr) {
            result.vrfs_removed.push_back(vrf->pattern);
        }
    }
    result.glob_order_changed = common_globs(running, wanted) != common_globs(wanted, running);
    return result;
}

std::vector<Diagnostic> unchangeable(const Settings& running, const Settings& wanted)
{
    std::vector<Diagnostic> problems;
    for (const auto& key : daemon_keys) {
        const auto before = key.value(running);
        if (key.changeable || before == key.value(wanted)) {
            continue;
        }
        const auto mark = wanted.marks.find(key.path);
        problems.push_back(Diagnostic{mark != wanted.marks.end() ? mark->second : Mark{}, std::string(key.path),
                                      "cannot change while keavrfd runs: it is " +
                                          (before.empty() ? "the default" : before) +
                                          " (restart keavrfd to change it)"});
    }
    return problems;
}

std::shared_ptr<const Settings> with_unchanged_entries(const Settings& running, const Settings& wanted)
{
    // A name and a glob may be written alike.
    std::unordered_multimap<std::string_view, const std::shared_ptr<const VrfSettings>*> known;
    for (const auto& entry : running.vrfs) {
        known.emplace(entry->pattern, &entry);
    }
    auto merged = std::make_shared<Settings>(wanted);
    for (auto& entry : merged->vrfs) {
        const auto [begin, end] = known.equal_range(entry->pattern);
        const auto unchanged =
            std::find_if(begin, end, [&entry](const auto& old) { return same(**old.second, *entry); });
        if (unchanged != end) {
            entry = *unchanged->second;
        }
    }
    return merged;
}

} // namespace keavrf::config
