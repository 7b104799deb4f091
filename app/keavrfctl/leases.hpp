// `keavrfctl leases`: Kea gives leases in pages, so that a large VRF stalls neither Kea nor the daemon.
#pragma once

#include "actions.hpp"
#include "asking.hpp"

#include <string_view>

namespace keavrf::ctl {

inline constexpr std::string_view lease_page_command = "lease4-get-page";
inline constexpr int lease_page = 1000;

// `page`: the first. Asks for the others, prints all, and returns the exit code.
int show_leases(Answer page, const Options& options, const Output& output);

} // namespace keavrf::ctl
