#include "options.hpp"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <boost/program_options/variables_map.hpp>

#include <array>
#include <sstream>
#include <string_view>
#include <utility>

namespace keavrf {

namespace po = boost::program_options;

namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::pair<std::string_view, log::Level>, 4> levels{{{"debug", log::Level::debug},
                                                                         {"info", log::Level::info},
                                                                         {"warning", log::Level::warning},
                                                                         {"error", log::Level::error}}};
constexpr std::array<std::pair<std::string_view, config::LogFormat>, 4> formats{
    {{"auto", config::LogFormat::automatic},
     {"text", config::LogFormat::text},
     {"json", config::LogFormat::json},
     {"journal", config::LogFormat::journal}}};

Exit usage_error(const std::string& text)
{
    return {exit_usage, "", "keavrfd: " + text + "\nTry 'keavrfd --help'.\n"};
}

po::options_description visible_options()
{
    po::options_description description("Options");
    auto add = description.add_options();
    add("config,c", po::value<std::string>()->value_name("FILE"), "configuration file (YAML)");
    add("map,m", po::value<Words>()->value_name("IF:VRF[:GIADDR]"),
        "without a file: serve this interface in this VRF, with automatic subnets; may be repeated");
    add("test,t", "check the configuration, also by the installed Kea, and end");
    add("print-config", po::value<std::string>()->implicit_value("")->value_name("[VRF]"),
        "print the effective settings, or the Kea configuration of a VRF, and end");
    add("log-level", po::value<std::string>()->value_name("LEVEL"), "debug, info, warning or error");
    add("log-format", po::value<std::string>()->value_name("FORMAT"), "auto, text, json or journal");
    add("version", "print the version and end");
    add("help,h", "print this text and end");
    return description;
}

std::string help_text()
{
    std::ostringstream text;
    text << "Usage: keavrfd -c FILE [OPTION]...\n"
            "       keavrfd -m IF:VRF[:GIADDR]... [OPTION]...\n"
            "A DHCP service of its own for every VRF.\n\n"
         << visible_options()
         << "\nSIGHUP reads the file again, SIGTERM and SIGINT stop. keavrfctl(1) controls a running keavrfd.\n"
            "Exit status: 0 stopped as asked, 1 the host is not fit, 2 wrong usage, 78 the file is wrong.\n";
    return text.str();
}

// The value that `name` stands for in a table; a problem that lists the names where it stands for none.
template <class Table, class Value>
std::string look_up(const Table& table, const std::string& option, const std::string& name, std::optional<Value>& value)
{
    std::string known;
    for (const auto& [key, entry] : table) {
        if (key == name) {
            value = entry;
            return {};
        }
        known += (known.empty() ? "" : ", ") + std::string(key);
    }
    return "--" + option + " '" + name + "' is not one of " + known;
}

// `--print-config VRF` leaves the name among the words that belong to no option; nothing else may be there.
std::string read_words(const po::variables_map& given, Options& options)
{
    auto words = given.contains("words") ? given["words"].as<Words>() : Words{};
    options.print_config = given.contains("print-config");
    if (options.print_config) {
        auto vrf = given["print-config"].as<std::string>();
        if (vrf.empty() && !words.empty()) {
            vrf = words.front();
            words.erase(words.begin());
        }
        if (!vrf.empty()) {
            options.print_vrf = vrf;
        }
    }
    return words.empty() ? std::string() : "'" + words.front() + "' belongs to no option (a file is given by -c)";
}

std::string read_source(const po::variables_map& given, Options& options)
{
    if (given.contains("config")) {
        options.config = given["config"].as<std::string>();
    }
    if (given.contains("map")) {
        options.maps = given["map"].as<Words>();
    }
    if (options.config && !options.maps.empty()) {
        return "-c and -m exclude each other: put the interfaces into the file, under vrfs: VRF: interfaces:";
    }
    if (options.config && options.config->empty()) {
        return "-c needs the name of a file";
    }
    if (!options.config && options.maps.empty()) {
        return "nothing to serve: give a file by -c FILE, or interfaces by -m IF:VRF[:GIADDR]";
    }
    return {};
}

std::string read_log(const po::variables_map& given, Options& options)
{
    std::string problem;
    if (given.contains("log-level")) {
        problem = look_up(levels, "log-level", given["log-level"].as<std::string>(), options.log_level);
    }
    if (problem.empty() && given.contains("log-format")) {
        problem = look_up(formats, "log-format", given["log-format"].as<std::string>(), options.log_format);
    }
    return problem;
}

std::variant<Options, Exit> interpret(const po::variables_map& given, const std::string& version)
{
    if (given.contains("help")) {
        return Exit{exit_success, help_text(), ""};
    }
    if (given.contains("version")) {
        return Exit{exit_success, "keavrfd " + version + "\n", ""};
    }
    Options options;
    options.test = given.contains("test");
    auto problem = read_words(given, options);
    problem = problem.empty() ? read_source(given, options) : problem;
    problem = problem.empty() ? read_log(given, options) : problem;
    if (problem.empty() && options.test && options.print_config) {
        problem = "-t and --print-config exclude each other";
    }
    if (!problem.empty()) {
        return usage_error(problem);
    }
    return options;
}

po::variables_map read_command_line(int argc, const char* const* argv)
{
    auto all = visible_options();
    all.add_options()("words", po::value<Words>());
    po::positional_options_description positional;
    positional.add("words", -1);
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::variables_map given;
    po::store(po::command_line_parser(argc, argv).options(all).positional(positional).style(style).run(), given);
    return given;
}

} // namespace

std::variant<Options, Exit> parse_options(int argc, const char* const* argv, const std::string& version)
{
    try {
        return interpret(read_command_line(argc, argv), version);
    } catch (const po::error& error) {
        return usage_error(error.what());
    }
}

} // namespace keavrf
