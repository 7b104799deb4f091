#include "footprint.hpp"

#include "support/sandbox.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

namespace keavrf::endurance {

namespace {

long descriptors_of(const std::string& folder)
{
    const std::filesystem::directory_iterator descriptors(folder + "/fd");
    return std::distance(begin(descriptors), end(descriptors));
}

} // namespace

Footprint footprint_of(pid_t process)
{
    const auto folder = "/proc/" + std::to_string(process);
    Footprint footprint;
    std::istringstream lines(test::slurp(folder + "/smaps_rollup"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        long value = 0;
        words >> name >> value;
        footprint.rss = name == "Rss:" ? value : footprint.rss;
        footprint.pss = name == "Pss:" ? value : footprint.pss;
        footprint.heap = name == "Anonymous:" ? value : footprint.heap;
    }
    // Fewest of some looks: one that came for the sampling itself may still be open.
    footprint.descriptors = descriptors_of(folder);
    for (int look = 0; look < 20; ++look) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        footprint.descriptors = std::min(footprint.descriptors, descriptors_of(folder));
    }
    return footprint;
}

} // namespace keavrf::endurance
