// The command line of keavrfd as values. Pure.
#pragma once

#include "config/settings.hpp"
#include "core/log.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace keavrf {

// The program's exit codes (DESIGN section 7).
inline constexpr int exit_success = 0;
inline constexpr int exit_host = 1;    // not root, a capability or a folder is missing, another keavrfd
inline constexpr int exit_usage = 2;   // the command line
inline constexpr int exit_config = 78; // the file (EX_CONFIG, sysexits.h)

struct Options {
    std::optional<std::string> config;    // -c; never together with -m
    std::vector<std::string> maps;        // -m, as given: IF:VRF[:GIADDR]
    bool test = false;                    // -t: check and end
    bool print_config = false;            // print and end: the settings,
    std::optional<std::string> print_vrf; // or the Kea configuration of this VRF
    // Where given, they count more than the file's `log`.
    std::optional<log::Level> log_level;
    std::optional<config::LogFormat> log_format;
};

// The program ends at once, with these texts for stdout and stderr.
struct Exit {
    int code = exit_success;
    std::string text_stdout;
    std::string text_stderr;
};

// Either -c or at least one -m is there in what it returns.
std::variant<Options, Exit> parse_options(int argc, const char* const* argv, const std::string& version);

} // namespace keavrf
