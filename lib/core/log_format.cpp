#include "core/log.hpp"
#include "core/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <span>

namespace keavrf::log {

namespace {

// Indexed by Level.
constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 4> level_columns{"debug", "info ", "warn ", "error"};
constexpr std::array<std::string_view, 4> journal_priorities{"<7>", "<6>", "<4>", "<3>"};

template <class Table>
std::string_view of_level(const Table& table, Level level)
{
    return table.at(static_cast<std::size_t>(level));
}

std::span<const Field> fields_of(const Record& record)
{
    return {record.fields, record.field_count};
}

void cut_text(std::string& line, std::size_t limit)
{
    static constexpr std::string_view mark = " [cut]";
    if (line.size() <= limit) {
        return;
    }
    std::size_t keep = limit > mark.size() ? limit - mark.size() : 0;
    while (keep > 0 && (static_cast<std::uint8_t>(line[keep]) & 0xc0U) == 0x80U) {
        --keep;
    }
    line.resize(keep);
    line += mark;
}

void append_text_body(std::string& line, const Record& record)
{
    line += "vrf=";
    line += record.vrf.empty() ? "-" : quote_for_log(record.vrf);
    line += ' ';
    line += escape_controls(record.event);
    line += ": ";
    line += escape_controls(record.message);
    for (const auto& field : fields_of(record)) {
        line += ' ';
        line += escape_controls(field.key());
        line += '=';
        line += quote_for_log(field.value());
    }
}

std::string json_escape(char c)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<std::uint8_t>(c);
    return {'\\', 'u', '0', '0', digits[byte >> 4U], digits[byte & 0xfU]};
}

// The character at the start of `text` as it stands inside a JSON string; `taken` is its length in `text`.
std::string json_character(std::string_view text, std::size_t& taken)
{
    const char c = text.front();
    taken = utf8_length(text);
    if (taken == 0) {
        taken = 1;
        return "\xef\xbf\xbd"; // U+FFFD, replacement character
    }
    if (c == '"' || c == '\\') {
        return {'\\', c};
    }
    if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f) {
        return json_escape(c);
    }
    // C1 controls drive terminals as escapes do.
    if (taken == 2 && text.substr(0, 2) >= "\xc2\x80" && text.substr(0, 2) < "\xc2\xa0") {
        return json_escape(text[1]);
    }
    return std::string(text.substr(0, taken));
}

// `text` as a JSON string of at most `budget` bytes, quotes included; `cut` is set where not all of it fitted.
std::string json_string(std::string_view text, std::size_t budget, bool& cut)
{
    std::string quoted = "\"";
    while (!text.empty()) {
        std::size_t taken = 0;
        const auto character = json_character(text, taken);
        if (quoted.size() + character.size() + 1 > budget) {
            cut = true;
            break;
        }
        quoted += character;
        text.remove_prefix(taken);
    }
    quoted += '"';
    return quoted;
}

// The fields that fit into `room` bytes, whole; `cut` is set where some did not.
std::string json_fields(const Record& record, std::size_t room, bool& cut)
{
    std::string text;
    for (const auto& field : fields_of(record)) {
        std::string member = text.empty() ? "" : ",";
        member += json_string(field.key(), no_limit, cut);
        member += ':';
        member += field.literal() ? field.value() : json_string(field.value(), no_limit, cut);
        if (text.size() + member.size() > room) {
            cut = true;
            break;
        }
        text += member;
    }
    return text;
}

std::tm broken_down(std::time_t seconds, bool local)
{
    std::tm parts{};
    if (local) {
        localtime_r(&seconds, &parts);
    } else {
        gmtime_r(&seconds, &parts);
    }
    return parts;
}

// "2026-11-22?15:00:00.123" with the separator given.
std::string timestamp(std::chrono::system_clock::time_point time, bool local, char separator)
{
    const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
    const auto parts = broken_down(static_cast<std::time_t>(seconds.count()), local);
    std::array<char, 64> date{};
    std::array<char, 16> clock{};
    const auto date_length = std::strftime(date.data(), date.size(), "%Y-%m-%d", &parts);
    const auto clock_length = std::strftime(clock.data(), clock.size(), "%H:%M:%S", &parts);
    const auto milliseconds = std::to_string(1000 + (since_epoch - seconds).count()).substr(1);
    return std::string(date.data(), date_length) + separator + std::string(clock.data(), clock_length) + '.' +
           milliseconds;
}

} // namespace

Field::Field(std::string_view key, double value) : key_(key), literal_(std::isfinite(value))
{
    std::array<char, 32> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
    value_.assign(text.data(), error == std::errc{} ? end : text.data());
}

std::string format_text(const Record& record, std::string_view timestamp, std::size_t limit)
{
    std::string line(timestamp);
    line += timestamp.empty() ? "" : " ";
    line += of_level(level_columns, record.level);
    line += ' ';
    append_text_body(line, record);
    cut_text(line, limit);
    return line;
}

std::string format_journal(const Record& record, std::size_t limit)
{
    std::string line(of_level(journal_priorities, record.level));
    append_text_body(line, record);
    cut_text(line, limit);
    return line;
}

std::string format_json(const Record& record, std::string_view timestamp, std::size_t limit)
{
    static constexpr std::string_view end = "}}";
    static constexpr std::string_view cut_end = R"(},"truncated":true})";
    const std::size_t budget = limit == no_limit ? no_limit : limit / 8;
    const std::size_t message_budget = limit == no_limit ? no_limit : limit / 3;
    bool cut = false;
    std::string line = R"({"time":)" + json_string(timestamp, budget, cut);
    line += R"(,"level":")" + std::string(of_level(level_names, record.level)) + '"';
    line += R"(,"vrf":)" + json_string(record.vrf, budget, cut);
    line += R"(,"event":)" + json_string(record.event, budget, cut);
    line += R"(,"message":)" + json_string(record.message, message_budget, cut);
    line += R"(,"fields":{)";
    line += json_fields(record, limit == no_limit ? no_limit : limit - line.size() - cut_end.size(), cut);
    line += cut ? cut_end : end;
    return line;
}

std::string local_timestamp(std::chrono::system_clock::time_point time)
{
    return timestamp(time, true, ' ');
}

std::string utc_timestamp(std::chrono::system_clock::time_point time)
{
    return timestamp(time, false, 'T') + 'Z';
}

} // namespace keavrf::log
