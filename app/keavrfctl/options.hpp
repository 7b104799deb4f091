// The command line of keavrfctl as values. Pure.
#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace keavrf::ctl {

enum class Action { status, stats, leases, reload, check, restart, kea, stop, version };

struct Options {
    Action action = Action::status;
    std::string socket = "/run/keavrfd/control.sock";
    std::optional<std::chrono::milliseconds> timeout; // none: as long as the command may take
    bool json = false;
    std::string vrf;         // empty: all
    std::string file;        // check: as given
    std::string kea_command; // kea
    std::optional<boost::json::object> kea_arguments;
    std::string service; // kea: empty: dhcp4
    bool keep = false;   // stop
};

// The program ends at once, with these texts for stdout and stderr.
struct Exit {
    int code = 0;
    std::string out;
    std::string error;
};

inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;

// How long to wait for an answer.
std::chrono::milliseconds timeout_of(const Options& options);

std::variant<Options, Exit> parse_options(int argc, const char* const* argv, const std::string& version);

} // namespace keavrf::ctl
