#include "control/arguments.hpp"

#include <boost/json/value.hpp>

#include <algorithm>

namespace keavrf::control {

namespace json = boost::json;

namespace {

bool is_a(Argument::Type type, const json::value& value)
{
    return type == Argument::Type::flag ? value.is_bool() : value.is_string();
}

// "it takes 'keep'"
std::string taken_by(const OwnCommand& command)
{
    std::string names;
    for (const auto& argument : command.arguments) {
        names += (names.empty() ? "it takes '" : ", '") + std::string(argument.name) + "'";
    }
    return names.empty() ? "it takes none" : names;
}

std::optional<std::string> fault_of(const OwnCommand& command, std::string_view name, const json::value& value)
{
    const auto known = std::find_if(command.arguments.begin(), command.arguments.end(),
                                    [name](const Argument& argument) { return argument.name == name; });
    if (known == command.arguments.end()) {
        return "unknown argument '" + std::string(name) + "' (" + taken_by(command) + ")";
    }
    if (!is_a(known->type, value)) {
        return "the argument '" + std::string(name) +
               (known->type == Argument::Type::flag ? "' must be true or false" : "' must be a string");
    }
    return std::nullopt;
}

} // namespace

const std::vector<OwnCommand>& own_commands()
{
    using Type = Argument::Type;
    static const std::vector<OwnCommand> commands{
        {"config-get", {}},
        {"config-reload", {}},
        {"config-test", {{"file", Type::text}}},
        {"list-commands", {}},
        {"statistic-get-all", {}},
        {"status-get", {{"leases", Type::flag}}},
        {"stop", {{"keep", Type::flag}}},
        {"version-get", {}},
        {"vrf-restart", {{"vrf", Type::text}}},
    };
    return commands;
}

std::optional<std::string> argument_fault(const Command& command)
{
    const auto& all = own_commands();
    const auto own =
        std::find_if(all.begin(), all.end(), [&command](const OwnCommand& one) { return one.name == command.name; });
    if (own == all.end() || !command.arguments) {
        return std::nullopt;
    }
    for (const auto& member : *command.arguments) {
        if (const auto fault = fault_of(*own, member.key(), member.value())) {
            return command.name + ": " + *fault + "; nothing was done";
        }
    }
    return std::nullopt;
}

} // namespace keavrf::control
