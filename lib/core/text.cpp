#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace keavrf {

namespace {

bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string hex(std::string_view prefix, char c)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<std::uint8_t>(c);
    std::string text(prefix);
    text += digits[byte >> 4U];
    text += digits[byte & 0xfU];
    return text;
}

struct ClassMatch {
    bool matches;
    std::size_t length; // of the class in the pattern, brackets included
};

// One element of a bracket expression, a `\` before it read; moves `at` behind it.
std::uint8_t class_element(std::string_view pattern, std::size_t& at)
{
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
        ++at;
    }
    return static_cast<std::uint8_t>(pattern[at++]);
}

// A bracket expression at the start of `pattern`; nullopt when it has no end and '[' stands for itself.
std::optional<ClassMatch> match_class(std::string_view pattern, char c)
{
    std::size_t at = 1;
    const auto byte = static_cast<std::uint8_t>(c);
    const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
    at += negated ? 1 : 0;
    bool found = false;
    for (bool first = true; at < pattern.size() && (first || pattern[at] != ']'); first = false) {
        const auto low = class_element(pattern, at);
        auto high = low;
        if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
            ++at;
            high = class_element(pattern, at);
        }
        found = found || (byte >= low && byte <= high);
    }
    if (at >= pattern.size()) {
        return std::nullopt;
    }
    return ClassMatch{found != negated, at + 1};
}

// How many pattern characters match the one character `c`; 0 when they do not.
std::size_t match_one(std::string_view pattern, char c)
{
    if (pattern.front() == '?') {
        return 1;
    }
    if (pattern.front() == '[') {
        if (const auto result = match_class(pattern, c)) {
            return result->matches ? result->length : 0;
        }
    }
    if (pattern.front() == '\\' && pattern.size() > 1) {
        return pattern[1] == c ? 2 : 0;
    }
    return pattern.front() == c ? 1 : 0;
}

// One character (or UTF-8 sequence) with its controls escaped; returns how many bytes it took.
std::size_t append_escaped(std::string& out, std::string_view rest)
{
    const char c = rest.front();
    if (c == '\n') {
        out += "\\n";
    } else if (c == '\t') {
        out += "\\t";
    } else if (static_cast<std::uint8_t>(c) >= 0x80) {
        const auto length = utf8_length(rest);
        // C1 controls (U+0080..U+009F) drive terminals as escapes do.
        const bool control =
            length == 2 && static_cast<std::uint8_t>(c) == 0xc2 && static_cast<std::uint8_t>(rest[1]) < 0xa0;
        if (length > 0 && !control) {
            out += rest.substr(0, length);
            return length;
        }
        out += hex("\\x", c);
    } else if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f) {
        out += hex("\\x", c);
    } else {
        out += c;
    }
    return 1;
}

struct Variable {
    std::size_t begin;
    std::size_t end;
    std::string_view name;
};

std::optional<Variable> next_variable(std::string_view text, std::size_t from)
{
    const auto begin = text.find("${", from);
    if (begin == std::string_view::npos) {
        return std::nullopt;
    }
    const auto close = text.find('}', begin);
    if (close == std::string_view::npos) {
        return std::nullopt;
    }
    return Variable{begin, close + 1, text.substr(begin + 2, close - begin - 2)};
}

} // namespace

bool glob_match(std::string_view pattern, std::string_view name)
{
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos;
    std::size_t retry = 0;
    while (n < name.size() || p < pattern.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            retry = n;
            continue;
        }
        if (p < pattern.size() && n < name.size()) {
            if (const auto length = match_one(pattern.substr(p), name[n]); length > 0) {
                p += length;
                ++n;
                continue;
            }
        }
        if (star == std::string_view::npos || retry >= name.size()) {
            return false;
        }
        p = star + 1;
        n = ++retry;
    }
    return true;
}

bool is_glob(std::string_view pattern)
{
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] == '\\') {
            ++at;
        } else if (pattern[at] == '*' || pattern[at] == '?' || pattern[at] == '[') {
            return true;
        }
    }
    return false;
}

std::string quote_for_log(std::string_view value)
{
    const auto plain = [](char c) {
        return is_alphanumeric(c) || std::string_view("-_.:/@+,%[]").find(c) != std::string_view::npos;
    };
    if (!value.empty() && std::all_of(value.begin(), value.end(), plain)) {
        return std::string(value);
    }
    std::string quoted = "\"";
    while (!value.empty()) {
        if (value.front() == '"' || value.front() == '\\') {
            quoted += '\\';
        }
        value.remove_prefix(append_escaped(quoted, value));
    }
    quoted += '"';
    return quoted;
}

std::size_t utf8_length(std::string_view text)
{
    if (text.empty()) {
        return 0;
    }
    const auto lead = static_cast<std::uint8_t>(text.front());
    if (lead < 0x80) {
        return 1;
    }
    std::size_t length = 0;
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
    }
    if (length == 0 || length > text.size()) {
        return 0;
    }
    const auto second = static_cast<std::uint8_t>(text[1]);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f)) {
        return 0;
    }
    const auto rest = text.substr(1, length - 1);
    const bool continued =
        std::all_of(rest.begin(), rest.end(), [](char c) { return (static_cast<std::uint8_t>(c) & 0xc0U) == 0x80U; });
    return continued ? length : 0;
}

std::string escape_controls(std::string_view text)
{
    std::string escaped;
    while (!text.empty()) {
        text.remove_prefix(append_escaped(escaped, text));
    }
    return escaped;
}

std::string replace_invalid_utf8(std::string_view text)
{
    std::string valid;
    valid.reserve(text.size());
    std::size_t run = 0; // where the valid bytes begin that are not copied yet
    for (std::size_t at = 0; at < text.size();) {
        if (static_cast<std::uint8_t>(text[at]) < 0x80) {
            ++at;
            continue;
        }
        const auto length = utf8_length(text.substr(at));
        if (length > 0) {
            at += length;
            continue;
        }
        valid += text.substr(run, at - run);
        valid += "\xef\xbf\xbd";
        run = ++at;
    }
    valid += text.substr(run);
    return valid;
}

std::string escape_path_component(std::string_view name)
{
    std::string escaped;
    for (const char c : name) {
        const bool safe = is_alphanumeric(c) || std::string_view("-_.+:@,").find(c) != std::string_view::npos;
        const bool leading_dot = c == '.' && escaped.empty();
        if (safe && !leading_dot) {
            escaped += c;
        } else {
            escaped += hex("%", c);
        }
    }
    // A `%` alone stands for no other name; an empty component would be the folder above.
    return escaped.empty() ? "%" : escaped;
}

bool valid_interface_name(std::string_view name)
{
    if (name.empty() || name.size() > 15 || name == "." || name == "..") {
        return false;
    }
    // The kernel's isspace() knows Latin-1's no-break space, even where the byte is half of a UTF-8 letter.
    return std::none_of(name.begin(), name.end(), [](char c) {
        return c == '/' || c == ':' || c == ' ' || c == '\xa0' || (c >= '\t' && c <= '\r') || c == '\0';
    });
}

std::string expand_variables(std::string_view text, const std::map<std::string, std::string, std::less<>>& values)
{
    std::string expanded;
    std::size_t at = 0;
    while (const auto variable = next_variable(text, at)) {
        expanded += text.substr(at, variable->begin - at);
        const auto value = values.find(variable->name);
        expanded += value != values.end() ? std::string_view(value->second)
                                          : text.substr(variable->begin, variable->end - variable->begin);
        at = variable->end;
    }
    expanded += text.substr(at);
    return expanded;
}

std::string unknown_variable(std::string_view text, const std::map<std::string, std::string, std::less<>>& values)
{
    std::size_t at = 0;
    while (const auto variable = next_variable(text, at)) {
        if (values.find(variable->name) == values.end()) {
            return std::string(variable->name);
        }
        at = variable->end;
    }
    return {};
}

} // namespace keavrf
