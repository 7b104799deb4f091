#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace keavrf::endurance {

struct Options {
    std::string bench;   // flood, heavy, life, soak
    unsigned vrfs = 0;   // 0: as the bench has it
    unsigned rounds = 0; // 0: as the bench has it
    // flood
    double offered = 100'000; // packets a second
    unsigned limit = 0;       // `rate` of the flooded port; 0: none
    double rate = 100;        // exchanges a second of all others together
    double seconds = 5;       // one phase
    // heavy
    std::uint64_t leases = 1'000'000;
    // life
    std::chrono::seconds service{60}; // before a Kea is killed
    bool untimed = false;             // times are told, and not judged
    // soak
    std::uint64_t cycles = 1000;
    std::uint64_t packets = 1'000'000;
    std::uint64_t devices = 0;
};

// Empty: the program ends with this exit code, having said what there was to say.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

} // namespace keavrf::endurance
