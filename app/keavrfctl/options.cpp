#include "options.hpp"

#include "control/command.hpp"

#include <boost/json/parse.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <boost/program_options/variables_map.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string_view>
#include <vector>

namespace keavrf::ctl {

namespace po = boost::program_options;

namespace {

struct CommandWords {
    std::string_view name;
    Action action;
    std::size_t least; // arguments
    std::size_t most;
    std::string_view arguments;
    std::string_view purpose;
};

constexpr std::array commands{
    CommandWords{"status", Action::status, 0, 1, "[VRF]", "what is served, and what is not and why"},
    CommandWords{"stats", Action::stats, 0, 1, "[VRF]", "counters of keavrfd; with a VRF, those of its Kea too"},
    CommandWords{"leases", Action::leases, 1, 1, "VRF", "its DHCPv4 leases (Kea needs its lease_cmds hook for this)"},
    CommandWords{"reload", Action::reload, 0, 0, "", "read the configuration file again; all of it or nothing"},
    CommandWords{"check", Action::check, 1, 1, "FILE", "have keavrfd check a configuration file, and change nothing"},
    CommandWords{"restart", Action::restart, 1, 1, "VRF", "restart the Kea of a VRF"},
    CommandWords{"kea", Action::kea, 2, 3, "VRF COMMAND [JSON]",
                 "send a command with its arguments to the Kea of a VRF"},
    CommandWords{"stop", Action::stop, 0, 0, "[--keep]", "stop keavrfd; with --keep, its Kea processes go on serving"},
    CommandWords{"version", Action::version, 0, 0, "", "the versions of keavrfctl, keavrfd and Kea"},
};

Exit usage_error(const std::string& text)
{
    return {exit_usage, "", "keavrfctl: " + text + "\nTry 'keavrfctl --help'.\n"};
}

po::options_description visible_options()
{
    po::options_description description("Options");
    auto add = description.add_options();
    add("socket", po::value<std::string>()->value_name("PATH"), "control socket (/run/keavrfd/control.sock)");
    add("json", "the daemon's answer as one line of JSON, for scripts");
    add("timeout", po::value<std::string>()->value_name("SECONDS"), "how long to wait (60; reload, check: 4500)");
    add("service", po::value<std::string>()->value_name("NAME"), "kea: dhcp4 (default) or dhcp6");
    add("keep", "stop: leave the Kea processes running");
    add("help,h", "print this text");
    add("version", "print the version of keavrfctl");
    return description;
}

std::string help_text()
{
    std::ostringstream text;
    text << "Usage: keavrfctl [OPTION]... COMMAND [ARGUMENT]...\n"
            "Look at and control a running keavrfd.\n\nCommands:\n";
    for (const auto& command : commands) {
        std::string words = std::string(command.name) + ' ' + std::string(command.arguments);
        words.resize(std::max<std::size_t>(words.size(), 24), ' ');
        text << "  " << words << "  " << command.purpose << '\n';
    }
    text << '\n' << visible_options() << "\nExit status: 0 success, 1 failure, 2 wrong usage. See keavrfctl(1).\n";
    return text.str();
}

std::string unknown_command(const std::string& name)
{
    std::string known;
    std::string similar;
    for (const auto& command : commands) {
        known += (known.empty() ? "" : ", ") + std::string(command.name);
        if (!name.empty() && command.name.substr(0, 2) == name.substr(0, 2)) {
            similar += (similar.empty() ? "" : " or ") + std::string(command.name);
        }
    }
    return "unknown command '" + name + "' (" +
           (similar.empty() ? "known are " + known : "do you mean " + similar + "?") + ")";
}

// An empty text where the arguments suit the command.
std::string check_count(const CommandWords& command, std::size_t given)
{
    const std::string usage = " (keavrfctl " + std::string(command.name) + ' ' + std::string(command.arguments) + ')';
    if (given < command.least) {
        return "'" + std::string(command.name) + "' needs " + (command.least == 1 ? "an argument" : "more arguments") +
               usage;
    }
    if (given > command.most) {
        return "'" + std::string(command.name) + "' takes " +
               (command.most == 0 ? "no argument" : "at most " + std::to_string(command.most)) +
               (command.most == 0 ? "" : usage);
    }
    return {};
}

std::string read_timeout(const std::string& text, Options& options)
{
    std::istringstream stream(text);
    double seconds = 0;
    if (!(stream >> seconds) || !stream.eof() || !std::isfinite(seconds) || seconds < 0.001 || seconds > 86400) {
        return "--timeout '" + text + "' is no number of seconds between 0.001 and 86400";
    }
    options.timeout = std::chrono::milliseconds(std::llround(seconds * 1000));
    return {};
}

std::string read_kea_arguments(const std::string& text, Options& options)
{
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    if (error || !value.is_object()) {
        return "the arguments of a Kea command are a JSON map, such as '{\"subnet-id\": 1}'" +
               (error ? ": " + error.message() : std::string());
    }
    options.kea_arguments = std::move(value.get_object());
    return {};
}

std::string read_arguments(const CommandWords& command, const std::vector<std::string>& arguments, Options& options)
{
    if (auto problem = check_count(command, arguments.size()); !problem.empty()) {
        return problem;
    }
    if (std::find(arguments.begin(), arguments.end(), "") != arguments.end()) {
        return "'" + std::string(command.name) + "' was given an empty argument";
    }
    options.action = command.action;
    if (command.action == Action::check) {
        options.file = arguments[0];
    } else if (!arguments.empty()) {
        options.vrf = arguments[0];
    }
    if (command.action == Action::kea) {
        options.kea_command = arguments[1];
    }
    return arguments.size() == 3 ? read_kea_arguments(arguments[2], options) : std::string();
}

std::string read_named(const po::variables_map& given, Options& options)
{
    options.json = given.contains("json");
    options.keep = given.contains("keep");
    if (given.contains("socket")) {
        options.socket = given["socket"].as<std::string>();
    }
    if (given.contains("service")) {
        options.service = given["service"].as<std::string>();
    }
    if (options.keep && options.action != Action::stop) {
        return "--keep belongs to 'stop'";
    }
    if (!options.service.empty() && options.action != Action::kea) {
        return "--service belongs to 'kea'";
    }
    return given.contains("timeout") ? read_timeout(given["timeout"].as<std::string>(), options) : std::string();
}

po::variables_map read_command_line(int argc, const char* const* argv)
{
    auto all = visible_options();
    all.add_options()("words", po::value<std::vector<std::string>>());
    po::positional_options_description positional;
    positional.add("words", -1);
    // No guessing: an abbreviation that works today would be ambiguous after the next option.
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::variables_map given;
    po::store(po::command_line_parser(argc, argv).options(all).positional(positional).style(style).run(), given);
    return given;
}

std::variant<Options, Exit> interpret(const po::variables_map& given, const std::string& version)
{
    if (given.contains("help")) {
        return Exit{exit_success, help_text(), ""};
    }
    if (given.contains("version")) {
        return Exit{exit_success, "keavrfctl " + version + "\n", ""};
    }
    if (!given.contains("words")) {
        return Exit{exit_usage, "", help_text()};
    }
    auto words = given["words"].as<std::vector<std::string>>();
    const auto named = [&words](const CommandWords& command) { return command.name == words.front(); };
    const auto* const command = std::find_if(commands.begin(), commands.end(), named);
    if (command == commands.end()) {
        return usage_error(unknown_command(words.front()));
    }
    words.erase(words.begin());
    Options options;
    auto problem = read_arguments(*command, words, options);
    if (problem.empty()) {
        problem = read_named(given, options);
    }
    if (!problem.empty()) {
        return usage_error(problem);
    }
    return options;
}

} // namespace

std::chrono::milliseconds timeout_of(const Options& options)
{
    constexpr std::chrono::minutes usual{1};
    // A check asks the same Keas as the first part of a reload.
    const bool asks_all = options.action == Action::reload || options.action == Action::check;
    return options.timeout.value_or(asks_all ? control::longest_reload : usual);
}

std::variant<Options, Exit> parse_options(int argc, const char* const* argv, const std::string& version)
{
    try {
        return interpret(read_command_line(argc, argv), version);
    } catch (const po::error& error) {
        return usage_error(error.what());
    }
}

} // namespace keavrf::ctl
