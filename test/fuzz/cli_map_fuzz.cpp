// `-m IF:VRF[:GIADDR]`, one argument a line.
#include "config/cli_map.hpp"
#include "fuzz/target.hpp"

#include <string>

FUZZ_TARGET(cli_map)
{
    std::vector<std::string> arguments;
    std::string argument;
    for (const auto byte : bytes) {
        if (byte == '\n') {
            arguments.push_back(std::move(argument));
            argument.clear();
        } else if (byte != 0) {
            argument += static_cast<char>(byte);
        }
    }
    arguments.push_back(argument);
    const auto result = keavrf::config::settings_from_map(arguments);
    keavrf::fuzz::require(result.settings.has_value() == result.errors.empty(), "settings or errors");
}
