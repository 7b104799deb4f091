// What the checker must find: each breaks one of the promises, behind its back. A run with a plant must fail.
#pragma once

#include "world.hpp"

#include <functional>
#include <string>

namespace keavrf::faults {

struct Plant {
    std::string name;
    std::string breaks; // what the checker is to notice
    std::function<void(World&)> lay;
};

// Null where there is none of this name.
const Plant* find_plant(const std::string& name);
// " lease-removed wires-swapped ..."
std::string plant_names();

} // namespace keavrf::faults
