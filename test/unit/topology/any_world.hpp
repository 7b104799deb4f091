// Random desired states and worlds for the property test of plan(), and what may happen to a world meanwhile.
#pragma once

#include "support/generator.hpp"
#include "topology/plan.hpp"
#include "unit/topology/world.hpp"

namespace keavrf::topology::model {

Desired any_desired(test::Generator& random);
World any_world(test::Generator& random);
void anything_happens(World& world, test::Generator& random);

} // namespace keavrf::topology::model
