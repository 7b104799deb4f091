#include "control/places.hpp"

namespace keavrf::control {

namespace {

std::optional<std::size_t> idle_for_longest(const std::vector<Occupant>& occupants, bool root)
{
    std::optional<std::size_t> longest;
    for (std::size_t at = 0; at < occupants.size(); ++at) {
        const auto& one = occupants[at];
        if (one.root == root && one.idle_since && (!longest || *one.idle_since < *occupants[*longest].idle_since)) {
            longest = at;
        }
    }
    return longest;
}

} // namespace

Admission admit(const std::vector<Occupant>& occupants, bool root, const Places& places)
{
    if (occupants.size() < places.all) {
        return {true, std::nullopt};
    }
    if (const auto one = idle_for_longest(occupants, false)) {
        return {true, one};
    }
    if (root && occupants.size() < places.all + places.for_root) {
        return {true, std::nullopt};
    }
    const auto one = root ? idle_for_longest(occupants, true) : std::nullopt;
    return {one.has_value(), one};
}

} // namespace keavrf::control
