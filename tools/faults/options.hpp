#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::faults {

struct Options {
    double minutes = 0;   // 0: by number
    unsigned faults = 50; // where no minutes are given
    std::uint64_t seed = 1;
    unsigned vrfs = 4;
    bool native = false;              // no VRF devices
    std::string plant;                // empty: none
    std::vector<std::string> only;    // these kinds of faults; empty: all
    std::vector<std::string> without; // all but these kinds
    bool verbose = false;
};

// Empty: the program ends with this exit code, having said what there was to say.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

} // namespace keavrf::faults
