// A walk through random events in the life of instances: Machine, Trial and plan_instance() together, carried out in
// the model of the world that the plan's own property test has. The events are in walk.cpp, what the instances do about
// them in walk_turns.cpp. Whatever happens is counted by its name.
#pragma once

#include "instance/machine.hpp"
#include "instance/occupancy.hpp"
#include "instance/trial.hpp"
#include "support/generator.hpp"
#include "topology/plan.hpp"
#include "unit/topology/world.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::instance::model {

inline const std::vector<VrfName> names{VrfName("amber"), VrfName("blue"), VrfName("cyan")};
inline const std::string good = "good";
inline const std::string refused = "refused"; // Kea takes every configuration but this one
inline const std::string deadly = "deadly";   // a Kea that is told it dies

using Counts = std::map<std::string, std::size_t>;
// What a broken machine makes of a step: changes it, the plan it is for, or itself.
using Flaw = std::function<void(Machine&, Situation&, Step&)>;

class Walk {
public:
    Walk(std::uint64_t seed, Counts& counts, Flaw flaw = {});
    void stormy(unsigned turns);
    // Nothing more happens, nothing fails, and the operator has corrected what Kea refused. Empty: all is as desired.
    std::string calm();

private:
    struct Life {
        Machine machine{Machine::TimePoint{std::chrono::hours(1)}};
        Trial trial;
        std::string refused_last;          // the configuration that Kea refused, until something has changed
        std::string taken;                 // the last one it took; empty: none, or nobody knows any more
        bool killed = false;               // by what it was told on trial, until something else is told
        bool record_copy = false;          // in the state folder
        std::optional<ProcessId> recorded; // the Kea that the records on disk name
        Occupancy occupancy;
    };

    void wish();
    void tell_anew();
    // Other configurations, on trial: the first failure takes back all of them, a little late.
    void reload();
    [[nodiscard]] bool runs(const VrfName& name) const;
    void happen();
    // keavrfd is killed and started again: it goes on with what a record proves, and with nothing else. The folders may
    // have been wiped right before, so that it had no time to write a record again.
    void begin_again();
    // What the next one makes of what it finds of a VRF.
    void settle(const VrfName& name);
    [[nodiscard]] bool proves_nothing(const topology::model::VrfWorld& vrf, const Life& life) const;
    // A Kea that was taken over lets go of its lock, or forgets its environment too.
    void let_go(const VrfName& name);
    // What a Kea leaves behind when it dies.
    void leave_stray(const VrfName& name);
    void write_down(const VrfName& name);
    // As strays.hpp: those are ended that are provably ours. False: another is there.
    bool end_strays(const VrfName& name);
    bool be_alone(const VrfName& name);
    [[nodiscard]] bool lock_is_held(const VrfName& name) const;
    bool start_server(const VrfName& name, const topology::Action& action, const topology::Desired& to_be);
    bool undo_safely(const VrfName& name, const topology::Action& action);
    // Nobody's by all we know, though it was ours.
    void abandon(topology::model::VrfWorld& vrf);
    // Kea refuses what is wanted, and there is one that it took.
    [[nodiscard]] bool falls_back(const VrfName& name) const;
    // With the configuration that Kea is to be told, which may be the last it took.
    [[nodiscard]] topology::Desired to_run(const VrfName& name) const;
    // An action, of Kea's or another.
    void fail(const VrfName& name, Failure failure, bool of_kea);
    void died(const VrfName& name, std::chrono::milliseconds ran);
    topology::Plan plan_of(const VrfName& name);
    void all_turns();
    void turn(const VrfName& name);
    static bool of_kea(const topology::Action& action);
    // It dies over it, whether it ran before or was started with it.
    bool kill_by(const VrfName& name);
    bool carry_out(const VrfName& name, const topology::Action& action);

    test::Generator random_;
    Counts& counts_;
    Flaw flaw_; // empty: none
    topology::model::World world_;
    topology::Desired desired_;
    std::map<VrfName, Life> lives_;
    Machine::TimePoint now_{std::chrono::hours(1)};
    unsigned failures_ = 0;
    bool disk_full_ = false; // no record can be written
    // Whether the file system tells that a file is open for writing (F_SETLEASE).
    bool tells_writers_ = true;
    std::string complaints_;
};

} // namespace keavrf::instance::model
