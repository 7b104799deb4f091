// What a run says at its end.
#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace keavrf::bench {

// Medians of the rounds, and each figure beside keavrfd's; `kea`: one column less.
std::string table(const std::vector<Figures>& figures, bool kea);
// Writes FILE.dat beside FILE and has gnuplot draw it; false with a word on stderr where that fails.
bool plot(const std::vector<Point>& points, const std::string& file);

} // namespace keavrf::bench
