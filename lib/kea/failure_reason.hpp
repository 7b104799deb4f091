// What Kea says about its own failure, taken from what it printed and logged. Pure.
#pragma once

#include <string>
#include <string_view>

namespace keavrf::kea {

// The last few ERROR and FATAL lines, without date and thread, joined by "; ", at most 600 bytes; without any, the
// last line there is; empty for empty text.
std::string failure_reason(std::string_view output);

enum class LogSeverity { debug, info, warning, error };

struct LogLine {
    LogSeverity severity = LogSeverity::info;
    std::string_view message; // from the message's name on: "DHCP4_STARTED Kea DHCPv4 server ..."
};

// "2026-01-02 03:04:05.678 INFO  [kea-dhcp4.dhcp4/12.139] DHCP4_STARTED ..."; a line of another shape is its own
// message, of severity info.
LogLine parse_log_line(std::string_view line);

} // namespace keavrf::kea
