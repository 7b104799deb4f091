// Durations, JSON and foreign texts as people read them.
#include "core/text.hpp"
#include "views.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace keavrf::ctl {

namespace json = boost::json;

namespace {

void append_pretty(std::string& text, const json::value& value, std::size_t depth)
{
    const std::string inner(2 * (depth + 1), ' ');
    const std::string outer(2 * depth, ' ');
    const char* separator = "\n";
    if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
        text += '{';
        for (const auto& member : *object) {
            text += separator + inner + json::serialize(json::value(member.key())) + ": ";
            append_pretty(text, member.value(), depth + 1);
            separator = ",\n";
        }
        text += '\n' + outer + '}';
    } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
        text += '[';
        for (const auto& element : *array) {
            text += separator + inner;
            append_pretty(text, element, depth + 1);
            separator = ",\n";
        }
        text += '\n' + outer + ']';
    } else {
        text += json::serialize(value);
    }
}

} // namespace

std::string duration_text(std::chrono::seconds duration)
{
    struct Unit {
        std::int64_t seconds;
        char letter;
    };
    static constexpr std::array units{Unit{86400, 'd'}, Unit{3600, 'h'}, Unit{60, 'm'}, Unit{1, 's'}};
    auto rest = std::max<std::int64_t>(duration.count(), 0);
    for (std::size_t unit = 0; unit < units.size(); ++unit) {
        if (rest < units.at(unit).seconds) {
            continue;
        }
        std::string text = std::to_string(rest / units.at(unit).seconds) + units.at(unit).letter;
        rest %= units.at(unit).seconds;
        if (unit + 1 < units.size() && rest >= units.at(unit + 1).seconds) {
            text += ' ' + std::to_string(rest / units.at(unit + 1).seconds) + units.at(unit + 1).letter;
        }
        return text;
    }
    return "0s";
}

std::string pretty_json(const json::value& value)
{
    std::string text;
    append_pretty(text, value, 0);
    return text + '\n';
}

std::string printable(std::string_view text)
{
    std::string safe;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        safe += escape_controls(text.substr(0, end)) + '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return safe;
}

} // namespace keavrf::ctl
