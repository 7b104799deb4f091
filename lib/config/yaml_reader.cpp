#include "config/yaml_reader.hpp"

#include "config/source_text.hpp"
#include "config/yaml_builder.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace keavrf::config {

namespace {

// yaml-cpp's messages (yaml-cpp/exceptions.h) and what they mean to somebody who wrote a file.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> meanings{{
    {"illegal map value", "a colon is not expected here (is the indentation right? a text that holds \": \" must be "
                          "in quotes)"},
    {"end of map not found", "this line is not indented like the keys above it"},
    {"end of sequence not found", "this line is not indented like the list above it"},
    {"end of map flow not found", "a closing brace } is missing before this (a text inside { } that holds braces, such "
                                  "as ${vrf}, must be in quotes)"},
    {"end of sequence flow not found", "a closing bracket ] is missing before this"},
    {"illegal flow end", "a closing bracket or brace that does not fit the one that was opened (or none was)"},
    {"illegal EOF in scalar", "the file ends inside a quoted text (a closing quote is missing)"},
    {"the referenced anchor is not defined", "there is no anchor of this name above (a text that starts with * must be "
                                             "in quotes, such as \"*\")"},
    {"alias not found after *", "a text that starts with * must be in quotes, such as \"*\""},
    {"anchor not found after &", "a text that starts with & must be in quotes"},
    {"unknown token", "a text that starts with @, ` or % must be in quotes"},
}};

std::string_view line_of(std::string_view text, int line)
{
    for (int at = 1; at < line; ++at) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) {
            return {};
        }
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

bool indented_by_tab(std::string_view line)
{
    return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

void report_syntax(const YAML::Exception& failure, std::string_view text, const Origin& file, Report& report)
{
    Origin where{file.file, failure.mark.line + 1, failure.mark.column + 1};
    std::string meaning = failure.msg;
    for (const auto& [message, sentence] : meanings) {
        if (meaning == message) {
            meaning = sentence;
        }
    }
    if (const auto line = line_of(text, where.line); indented_by_tab(line)) {
        where.column = static_cast<int>(line.find('\t')) + 1;
        meaning = "a tab in the indentation (YAML allows spaces only)";
    }
    // The line that parse() adds is not the user's: the end of the last one is meant.
    const auto body = text.substr(0, text.find_last_not_of('\n') + 1);
    const auto lines = static_cast<int>(std::count(body.begin(), body.end(), '\n')) + 1;
    if (where.line > lines) {
        where = Origin{file.file, lines, static_cast<int>(line_of(body, lines).size()) + 1};
    }
    report.error(where, {}, "this is not YAML: " + meaning);
}

void parse(const std::string& text, YamlBuilder& builder)
{
    // yaml-cpp takes a quoted text for ended where the file ends with a line break inside of it: the comment makes the
    // file end otherwise, and changes nothing else.
    std::istringstream stream(text + (text.ends_with('\n') ? "#" : "\n#"));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
}

} // namespace

NodePtr read_yaml(std::string_view bytes, const Origin& file, Report& report)
{
    const auto text = prepare_text(bytes, file, report);
    if (!text) {
        return nullptr;
    }
    YamlBuilder builder(file, report);
    try {
        parse(*text, builder);
        builder.tell_of_missing_keys();
    } catch (const StopReading& stop) {
        report.error(stop.where(), {}, stop.what());
        return nullptr;
    } catch (const YAML::Exception& failure) {
        report_syntax(failure, *text, file, report);
        return nullptr;
    }
    if (builder.root()) {
        return builder.root();
    }
    auto nothing = std::make_shared<Node>();
    nothing->origin = file;
    return nothing;
}

} // namespace keavrf::config
