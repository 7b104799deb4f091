// Which commands go on to an instance's Kea, and which are refused because Kea would no longer be what keavrfd made of
// it. Pure.
#pragma once

#include "control/command.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keavrf::control {

// Why a command is not passed on to Kea and what to use instead, as a sentence for the answer; nothing where it may.
std::optional<std::string> kea_refusal(std::string_view command_name);

// Who answers a command: the daemon where it names no VRF, or is one of ours about a VRF ("vrf-restart"); else that
// VRF's Kea.
enum class Destination { daemon, kea };
Destination destination(const Command& command);

// The VRF that a command of ours is about: "vrf" at the top or among the arguments; an error that names the command
// where neither is there.
Result<VrfName> target_vrf(const Command& command);

} // namespace keavrf::control
