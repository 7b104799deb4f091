#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::bench {

struct Options {
    unsigned rounds = 3;
    std::vector<std::string> only; // names of contestants; empty: all
    bool kea = false;
    bool judge = false;
    std::string plot;   // a file; empty: none
    double seconds = 2; // one measurement
};

// Empty: the program ends with this exit code, having said what there was to say.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

} // namespace keavrf::bench
