#include "config/loader.hpp"
#include "config/names.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>

namespace keavrf::config {

namespace {

Origin origin(const Mark& mark)
{
    return Origin{std::make_shared<const std::string>(mark.file), mark.line, mark.column};
}

std::string line(const Mark& mark)
{
    return "line " + std::to_string(mark.line);
}

Path path_of(const VrfSettings& vrf)
{
    return Path() / "vrfs" / (vrf.glob ? vrf.pattern : escape_glob(vrf.pattern));
}

// `a` and `\a` are one name.
void check_twice(const Settings& settings, Report& report)
{
    std::unordered_map<std::string, const VrfSettings*> exact;
    for (const auto& vrf : settings.vrfs) {
        if (vrf->glob) {
            continue;
        }
        const auto [first, is_new] = exact.emplace(vrf->pattern, vrf.get());
        if (!is_new) {
            report.error(origin(vrf->mark), path_of(*vrf),
                         "this VRF is here for the second time (the first is in " + line(first->second->mark) + ")");
        }
    }
}

// Only where both VRFs and the interface are named exactly: what a glob finds is known when it is found.
void check_interfaces(const Settings& settings, Report& report)
{
    std::unordered_map<std::string, std::pair<const VrfSettings*, const InterfaceSettings*>> owners;
    for (const auto& vrf : settings.vrfs) {
        if (vrf->glob) {
            continue;
        }
        for (const auto& interface : vrf->interfaces) {
            if (is_glob(interface.pattern)) {
                continue;
            }
            const auto [owner, is_new] = owners.emplace(interface.pattern, std::pair(vrf.get(), &interface));
            if (!is_new) {
                report.error(origin(interface.mark), path_of(*vrf) / "interfaces" / interface.pattern,
                             "the interface " + quoted(interface.pattern) + " is given to the VRF " +
                                 quoted(owner->second.first->pattern) + " already (" +
                                 line(owner->second.second->mark) + "); an interface is in one VRF only");
            }
        }
    }
}

void check_shadows(const Settings& settings, Report& report)
{
    const VrfSettings* all = nullptr;
    for (const auto& vrf : settings.vrfs) {
        if (vrf->glob && all != nullptr) {
            report.warning(origin(vrf->mark), path_of(*vrf),
                           "never counts: \"*\" (" + line(all->mark) +
                               ") comes first and matches every name (globs "
                               "count in file order)");
        }
        all = vrf->glob && vrf->pattern == "*" && all == nullptr ? vrf.get() : all;
    }
}

// Names of 15 plain characters were checked with runtime-dir; others become longer when they are escaped.
void check_socket_paths(const Settings& settings, Report& report)
{
    for (const auto& vrf : settings.vrfs) {
        const auto folder = escape_path_component(vrf->pattern);
        const auto length = settings.runtime_dir.size() + 1 + folder.size() + longest_socket_name.size();
        if (!vrf->glob && folder.size() > 15 && length > max_socket_path) {
            report.error(origin(vrf->mark), path_of(*vrf),
                         "runtime-dir is too long for this name: Kea's socket path would have " +
                             std::to_string(length) + " characters, and the kernel allows " +
                             std::to_string(max_socket_path));
        }
    }
}

} // namespace

void check_vrfs(const Settings& settings, Report& report)
{
    check_twice(settings, report);
    check_interfaces(settings, report);
    check_shadows(settings, report);
    check_socket_paths(settings, report);
}

} // namespace keavrf::config
