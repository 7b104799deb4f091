#include "config/settings.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace keavrf::config {

namespace {

bool has_entries(const boost::json::object& map, std::string_view key)
{
    const auto* list = map.if_contains(key);
    return list != nullptr && list->is_array() && !list->get_array().empty();
}

} // namespace

bool VrfSettings::automatic_subnets() const
{
    return !has_entries(dhcp4, "subnet4") && !has_entries(dhcp4, "shared-networks");
}

EntryFinder::EntryFinder(const Settings& settings)
{
    for (const auto& vrf : settings.vrfs) {
        if (!vrf->glob) {
            exact_.try_emplace(vrf->pattern, &vrf);
        } else if (vrf->has_device) {
            globs_.push_back(&vrf);
        }
    }
}

std::shared_ptr<const VrfSettings> EntryFinder::find(std::string_view vrf_name) const
{
    if (const auto exact = exact_.find(vrf_name); exact != exact_.end()) {
        const auto& entry = *exact->second;
        return entry->has_device ? entry : nullptr;
    }
    const auto glob = std::find_if(globs_.begin(), globs_.end(),
                                   [&](const auto* entry) { return glob_match((*entry)->pattern, vrf_name); });
    return glob != globs_.end() ? **glob : nullptr;
}

std::shared_ptr<const VrfSettings> Settings::find(std::string_view vrf_name) const
{
    return EntryFinder(*this).find(vrf_name);
}

std::shared_ptr<const VrfSettings> Settings::find_domain(std::string_view name) const
{
    const auto found = std::find_if(vrfs.begin(), vrfs.end(), [&](const auto& vrf) {
        return !vrf->glob && !vrf->has_device && vrf->pattern == name;
    });
    return found != vrfs.end() ? *found : nullptr;
}

} // namespace keavrf::config
