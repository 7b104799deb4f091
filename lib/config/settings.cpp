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

std::shared_ptr<const VrfSettings> Settings::find(std::string_view vrf_name) const
{
    const auto exact =
        std::find_if(vrfs.begin(), vrfs.end(), [&](const auto& vrf) { return !vrf->glob && vrf->pattern == vrf_name; });
    if (exact != vrfs.end()) {
        return (*exact)->has_device ? *exact : nullptr;
    }
    const auto glob = std::find_if(vrfs.begin(), vrfs.end(), [&](const auto& vrf) {
        return vrf->glob && vrf->has_device && glob_match(vrf->pattern, vrf_name);
    });
    return glob != vrfs.end() ? *glob : nullptr;
}

std::shared_ptr<const VrfSettings> Settings::find_domain(std::string_view name) const
{
    const auto found = std::find_if(vrfs.begin(), vrfs.end(), [&](const auto& vrf) {
        return !vrf->glob && !vrf->has_device && vrf->pattern == name;
    });
    return found != vrfs.end() ? *found : nullptr;
}

} // namespace keavrf::config
