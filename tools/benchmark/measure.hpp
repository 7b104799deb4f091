// The rounds of one run: each contestant in turn, in fresh namespaces, so that what drifts drifts for all.
#pragma once

#include "options.hpp"

#include <string>
#include <vector>

namespace keavrf::bench {

// One contestant in one round.
struct Round {
    double saturated = 0;     // exchanges a second with 128 outstanding
    double saturated_cpu = 0; // the relay's processor seconds for 100,000 of these
    double offered_cpu = 0;   // and for 100,000 at 20,000/s
    double offered_done = 0;  // what share of those was answered
    std::uint64_t lost = 0;
};

// One contestant at 100/s, once: short, but often, because what decides is how long the machine takes to wake the
// relay's processor, which differs by half from one start of a relay to the next.
struct Quiet {
    double p50 = 0; // microseconds
    double p99 = 0;
    std::uint64_t lost = 0;
};

struct Figures {
    std::string name;
    std::vector<Round> rounds;
    std::vector<Quiet> quiet;
    std::string failure; // why there are none
};

// A point of the plot.
struct Point {
    std::string name;
    double offered = 0;
    double answered = 0;
    double p50 = 0;
    double p99 = 0;
};

// With the instant server, or with --kea the exchanges a second alone.
std::vector<Figures> measure(const Options& options);
std::vector<Point> measure_points(const Options& options);

} // namespace keavrf::bench
