#include "statistics.hpp"

#include <algorithm>
#include <cmath>

namespace keavrf::bench {

double percentile(std::vector<double>& samples, double share)
{
    if (samples.empty()) {
        return 0;
    }
    const auto rank = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(samples.size()));
    const auto index = static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
    const auto found = samples.begin() + index;
    std::nth_element(samples.begin(), found, samples.end());
    return *found;
}

double median(std::vector<double> samples)
{
    if (samples.empty()) {
        return 0;
    }
    std::sort(samples.begin(), samples.end());
    const auto middle = samples.size() / 2;
    return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

} // namespace keavrf::bench
