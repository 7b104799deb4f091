// What status-get answers: plain values that the daemon fills in and keavrfctl prints. Pure.
#pragma once

#include "core/error.hpp"
#include "core/ip_address.hpp"
#include "core/types.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::control {

struct PortStatus {
    std::string interface;
    InterfaceIndex index;
    std::optional<Ipv4Address> giaddr;
    bool trusted = false;
    std::string reason; // why the port does not work; empty where it does
    friend bool operator==(const PortStatus&, const PortStatus&) = default;
};

struct InstanceStatus {
    VrfName vrf;
    std::string state;                 // in DESIGN section 6's words: "serving", "waiting", ...
    std::chrono::seconds since{0};     // how long it has been in that state
    std::string reason;                // why it does not serve, or what is amiss with that; empty: nothing
    std::vector<std::string> warnings; // what the operator should look at, in sentences
    std::optional<Slot> slot;
    std::string network_namespace;
    ProcessId kea; // 0: not running
    std::uint64_t restarts = 0;
    std::vector<PortStatus> ports;
    std::vector<std::string> subnets;
    std::optional<std::uint64_t> leases;        // absent where Kea was not asked
    std::uint64_t messages_in = 0;              // from clients
    std::uint64_t messages_out = 0;             // to clients
    std::map<std::string, std::uint64_t> drops; // by reason
    std::uint64_t option82_overflow = 0;        // forwarded without our option 82, which had no room
    friend bool operator==(const InstanceStatus&, const InstanceStatus&) = default;
};

struct DaemonStatus {
    std::string version;
    std::string kea_version;
    ProcessId pid;
    std::chrono::seconds uptime{0};
    std::string config_file; // empty with -m
    std::vector<InstanceStatus> instances;
    std::vector<std::string> warnings = {}; // of no VRF alone; in sentences
    friend bool operator==(const DaemonStatus&, const DaemonStatus&) = default;
};

// How many instances are in each state.
std::map<std::string, std::size_t> counts_by_state(const DaemonStatus& status);

boost::json::object to_json(const DaemonStatus& status);
boost::json::object to_json(const InstanceStatus& status);
// Unknown keys are ignored and missing ones take their defaults, so that a keavrfctl works with a daemon of another
// version; a wrong type is an error that names the key.
Result<DaemonStatus> daemon_status_from_json(const boost::json::object& json);

// What statistic-get-all answers, in Kea's form: {"vrf[red].messages-in": [[12, "2026-11-22 15:00:00.123456"]], ...}.
boost::json::object statistics_of(const DaemonStatus& status, const std::string& timestamp);

} // namespace keavrf::control
