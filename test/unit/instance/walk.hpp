// A walk of three VRFs through random events: Machine and plan_instance() together, carried out in the model of the
// world that the plan's own property test has. Reproducible by its seed.
#pragma once

#include "instance/machine.hpp"
#include "support/generator.hpp"
#include "topology/plan.hpp"
#include "unit/topology/world.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace keavrf::instance::model {

// How often something occurred.
using Counts = std::map<std::string, std::size_t>;

class Walk {
public:
    Walk(std::uint64_t seed, Counts& counts);

    void stormy(unsigned turns);

    // Nothing more happens, nothing fails, and the operator has corrected what Kea refused. Empty: all is as desired.
    std::string calm();

private:
    struct Life {
        Machine machine{Machine::TimePoint{std::chrono::hours(1)}};
        std::string refused_last; // the configuration that Kea refused, until something has changed
        std::string taken;        // the last one it took; empty: none, or nobody knows any more
        bool record_copy = false; // in the state folder
    };

    void wish();
    void happen();

    // keavrfd is killed and started again: it goes on with what a record proves, and with nothing else. The folders may
    // have been wiped right before, so that it had no time to write a record again.
    void begin_again();

    // Nobody's by all we know, though it was ours.
    void abandon(topology::model::VrfWorld& vrf);

    // Kea refuses what is wanted, and there is one that it took.
    [[nodiscard]] bool falls_back(const VrfName& name) const;

    // With the configuration that Kea is to be told, which may be the last it took.
    [[nodiscard]] topology::Desired to_run(const VrfName& name) const;
    void fail(const VrfName& name, Failure failure, std::chrono::milliseconds ran = {});
    topology::Plan plan_of(const VrfName& name);
    void all_turns();
    void turn(const VrfName& name);
    bool carry_out(const VrfName& name, const topology::Action& action);

    test::Generator random_;
    Counts& counts_;
    topology::model::World world_;
    topology::Desired desired_;
    std::map<VrfName, Life> lives_;
    Machine::TimePoint now_{std::chrono::hours(1)};
    unsigned failures_ = 0;
    std::string complaints_;
};

} // namespace keavrf::instance::model
