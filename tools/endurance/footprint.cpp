#include "footprint.hpp"

#include "support/sandbox.hpp"

#include <filesystem>
#include <iterator>
#include <sstream>
#include <string>

namespace keavrf::endurance {

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
    const std::filesystem::directory_iterator descriptors(folder + "/fd");
    footprint.descriptors = std::distance(begin(descriptors), end(descriptors));
    return footprint;
}

} // namespace keavrf::endurance
