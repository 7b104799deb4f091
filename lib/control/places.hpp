// Who gets a connection of the control channel where all are in use. Pure.
//
// The one that has been idle for longest goes for a newcomer, so that connections which ask nothing keep nobody out.
// None of root's goes for anybody else, and some are for root alone: whoever may use the channel cannot lock root out,
// neither by connections nor by commands that take their time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace keavrf::control {

struct Occupant {
    bool root = false;
    // Since when it has had no request under way: one that has not come whole is none. Nothing: it has one.
    std::optional<std::chrono::steady_clock::time_point> idle_since;
};

struct Places {
    std::size_t all;
    std::size_t for_root; // besides
};

struct Admission {
    bool admitted = false;
    std::optional<std::size_t> gives_way; // which of the occupants, where one has to
};

Admission admit(const std::vector<Occupant>& occupants, bool root, const Places& places);

} // namespace keavrf::control
