// The commands of keavrfd itself, and what each may be told. Pure.
//
// An argument that nobody looks at is a mistake of whoever sent it: {"keeep": true} must not stop what it was to keep.
// What is for an instance's Kea is Kea's to judge.
#pragma once

#include "control/command.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::control {

struct Argument {
    enum class Type { text, flag };
    std::string_view name;
    Type type = Type::text;
};

struct OwnCommand {
    std::string_view name;
    std::vector<Argument> arguments;
};

// By name.
const std::vector<OwnCommand>& own_commands();

// Why a command of keavrfd's is refused for its arguments, as a sentence for the answer; nothing where they are in
// order, or where it is none of keavrfd's commands.
std::optional<std::string> argument_fault(const Command& command);

} // namespace keavrf::control
