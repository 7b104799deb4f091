// What keavrfctl prints for people. Pure.
#pragma once

#include "control/status.hpp"
#include "table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace keavrf::ctl {

// All VRFs: two lines about the daemon, then a table.
std::string overview_text(const control::DaemonStatus& status, Style style);
// One VRF: a line for each thing known, then its ports.
std::string instance_text(const control::InstanceStatus& instance, Style style);
// Statistics in Kea's form ({"name": [[value, "time"], ...]}), those of value 0 left out unless all are.
std::string statistics_text(const boost::json::object& statistics, Style style);
// Leases as lease4-get-page gives them.
std::string leases_text(const boost::json::array& leases, std::chrono::system_clock::time_point now, Style style);

// "3d 4h", "12m", "5s": the two largest units.
std::string duration_text(std::chrono::seconds duration);
// Indented JSON.
std::string pretty_json(const boost::json::value& value);
// An answer's text for stderr: control characters escaped, but for its line ends.
std::string printable(std::string_view text);

} // namespace keavrf::ctl
