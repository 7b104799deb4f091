// Four-message exchanges at a rate in all VRFs but the first, each VRF's on a thread of its own: what its neighbours
// feel of what happens in the first.
#pragma once

#include "load.hpp"
#include "report.hpp"
#include "tenants.hpp"

#include <memory>
#include <string>
#include <vector>

namespace keavrf::endurance {

class Others {
public:
    // `rate`: exchanges a second of all of them together.
    Others(const Tenants& tenants, double rate);
    // Adds to what came of it so far.
    void run(double seconds, bench::LoadResult& total);

private:
    bench::LoadResult run_one(std::size_t which, double seconds);

    double rate_;
    std::vector<std::unique_ptr<bench::Load>> loads_;
};

// Of the answer times.
Figures in_milliseconds(const bench::LoadResult& result);
// "0 of 1488"
std::string lost_text(const bench::LoadResult& result);

} // namespace keavrf::endurance
