// What the state machine of an instance is told in its tests.
#pragma once

#include "instance/machine.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <ostream>
#include <utility>

namespace keavrf::instance {

inline std::ostream& operator<<(std::ostream& out, State state)
{
    return out << name_of(state);
}
inline std::ostream& operator<<(std::ostream& out, Allow allow)
{
    static const std::map<Allow, const char*> names{
        {Allow::all, "all"}, {Allow::needed, "needed"}, {Allow::undo, "undo"}, {Allow::none, "none"}};
    return out << names.at(allow);
}

namespace machine_lab {

using namespace std::chrono_literals;

inline const VrfName red("red");
inline const Machine::TimePoint start{1h};

inline Situation at(Machine::TimePoint now, topology::Plan plan = {})
{
    Situation situation;
    situation.now = now;
    situation.serve = true;
    situation.configuration_hash = "one";
    situation.plan = std::move(plan);
    situation.open_ports = 1;
    return situation;
}

inline topology::Plan wiring()
{
    return {topology::CreateNamespace{red, Slot(0)}, topology::CreatePair{red, Slot(0)}, topology::StartServer{red}};
}

inline topology::Plan restart()
{
    return {topology::StartServer{red}};
}

} // namespace machine_lab

} // namespace keavrf::instance
