#include "config/yaml_writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace keavrf::config {

namespace {

namespace json = boost::json;

std::string quoted_text(std::string_view text)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xfU]};
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string key_text(std::string_view key)
{
    const bool plain =
        !key.empty() && key != "null" && key != "Null" && key != "NULL" &&
        std::all_of(key.begin(), key.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || (c >= '0' && c <= '9');
        });
    return plain && key.front() != '-' ? std::string(key) : quoted_text(key);
}

// The shortest text that reads back as the same double, and as a double.
std::string real_text(double value)
{
    std::array<char, 64> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    std::string text(buffer.data(), end);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string scalar_text(const json::value& value)
{
    switch (value.kind()) {
    case json::kind::bool_:
        return value.get_bool() ? "true" : "false";
    case json::kind::int64:
        return std::to_string(value.get_int64());
    case json::kind::uint64:
        return std::to_string(value.get_uint64());
    case json::kind::double_:
        return real_text(value.get_double());
    case json::kind::string:
        return quoted_text(std::string_view(value.get_string()));
    default:
        return "null";
    }
}

bool is_leaf(const json::value& value)
{
    return (!value.is_object() || value.get_object().empty()) && (!value.is_array() || value.get_array().empty());
}

std::string leaf_text(const json::value& value)
{
    if (value.is_object() || value.is_array()) {
        return value.is_object() ? "{}" : "[]";
    }
    return scalar_text(value);
}

void write_map(std::string& out, const json::object& map, std::size_t indent, bool first_is_indented);

void write_list(std::string& out, const json::array& list, std::size_t indent)
{
    for (const auto& item : list) {
        out += std::string(indent, ' ') + "- ";
        if (is_leaf(item)) {
            out += leaf_text(item) + '\n';
        } else if (item.is_object()) {
            write_map(out, item.get_object(), indent + 2, true);
        } else {
            out += '\n';
            write_list(out, item.get_array(), indent + 2);
        }
    }
}

void write_map(std::string& out, const json::object& map, std::size_t indent, bool first_is_indented)
{
    for (const auto& [key, value] : map) {
        out += first_is_indented ? "" : std::string(indent, ' ');
        first_is_indented = false;
        out += key_text(key) + ':';
        if (is_leaf(value)) {
            out += ' ' + leaf_text(value) + '\n';
        } else if (value.is_object()) {
            out += '\n';
            write_map(out, value.get_object(), indent + 2, false);
        } else {
            out += '\n';
            write_list(out, value.get_array(), indent + 2);
        }
    }
}

} // namespace

std::string to_yaml(const json::object& map)
{
    std::string out;
    write_map(out, map, 0, false);
    return out;
}

} // namespace keavrf::config
