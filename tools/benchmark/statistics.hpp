// Figures of a run; pure.
#pragma once

#include <cstddef>
#include <vector>

namespace keavrf::bench {

// The value that `share` (0 to 1) of the samples do not exceed, by nearest rank; 0 without samples. The order of the
// samples is changed.
double percentile(std::vector<double>& samples, double share);
// Of the rounds of one contestant: the middle one, or the mean of the two in the middle; 0 without samples.
double median(std::vector<double> samples);

} // namespace keavrf::bench
