// What must not cost more than in proportion to how much there is of it, but for a logarithm: growth_test.cpp counts
// the instructions that each of these takes for some number of interfaces or VRFs, and for four times as many.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace keavrf::growth {

// What is counted; whatever it needs is made before.
using Work = std::function<void()>;

// How many times as much four times as many may cost. Quadratic is 16; but where most of the work is linear, a small
// quadratic part adds little, so the limits are close to what is there.
inline constexpr double linear = 4.3;
inline constexpr double sorted = 5.0; // n log n

struct Subject {
    std::string_view name;
    Work (*prepare)(int count);
    double most_growth = sorted;
};

// By what they are about.
std::vector<Subject> configuration_subjects();
std::vector<Subject> topology_subjects();
std::vector<Subject> planning_subjects();
std::vector<Subject> serving_subjects();
std::vector<Subject> all_subjects();

} // namespace keavrf::growth
