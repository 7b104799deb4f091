// How the benches of endurance tell what they found: one line a figure, and what was asked.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace keavrf::endurance {

struct Figures {
    std::size_t count = 0;
    double median = 0;
    double p99 = 0;
    double most = 0;
};
Figures figures_of(std::vector<double> samples);
// "n 50  median 61.2  p99 83.0  max 83.0 ms"
std::string text(const Figures& figures, const std::string& unit);
inline double milliseconds_of(std::chrono::steady_clock::duration duration)
{
    return std::chrono::duration<double, std::milli>(duration).count();
}

// Prints the line; where what was asked is missed the run ends with an error. `asked` may be empty: for the record.
void report(const std::string& what, const std::string& seen, const std::string& asked, bool met);

} // namespace keavrf::endurance
