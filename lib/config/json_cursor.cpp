#include "config/json_cursor.hpp"

#include "config/words.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace keavrf::config {

namespace {

void append_utf8(std::string& out, unsigned code)
{
    const auto put = [&](unsigned byte) { out += static_cast<char>(static_cast<std::uint8_t>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0U | code >> 6U);
        put(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
        put(0xe0U | code >> 12U);
        put(0x80U | (code >> 6U & 0x3fU));
        put(0x80U | (code & 0x3fU));
    } else {
        put(0xf0U | code >> 18U);
        put(0x80U | (code >> 12U & 0x3fU));
        put(0x80U | (code >> 6U & 0x3fU));
        put(0x80U | (code & 0x3fU));
    }
}

} // namespace

void JsonCursor::advance(std::size_t count)
{
    for (; count > 0 && !at_end(); --count) {
        const bool line_end = text_[at_++] == '\n';
        here_.column = line_end ? 1 : here_.column + 1;
        here_.line += line_end ? 1 : 0;
    }
}

void JsonCursor::expected(std::string_view what) const
{
    const auto rest = text_.substr(at_, 20);
    const auto found = at_end() ? std::string("the end of the file") : quoted(rest.substr(0, rest.find('\n')));
    fail(std::string(what) + " must stand here, not " + found);
}

void JsonCursor::skip_comment()
{
    if (!looking_at("/*")) {
        const auto end = text_.find('\n', at_);
        advance((end == std::string_view::npos ? text_.size() : end) - at_);
        return;
    }
    const auto end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) {
        fail("this comment has no end (*/)");
    }
    advance(end + 2 - at_);
}

void JsonCursor::skip_blanks()
{
    while (!at_end()) {
        const char c = peek();
        if (c == ' ' || c == '\t' || c == '\n') {
            advance();
        } else if (c == '#' || looking_at("//") || looking_at("/*")) {
            skip_comment();
        } else if (looking_at("<?")) {
            fail("<?include?> is not supported (put the text of that file here)");
        } else {
            return;
        }
    }
}

std::string_view JsonCursor::word()
{
    const auto rest = text_.substr(at_);
    const auto* const end = std::find_if_not(rest.begin(), rest.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
               c == '.' || c == '_';
    });
    const auto found = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    advance(found.size());
    return found;
}

std::string JsonCursor::quoted_text()
{
    const auto start = here_;
    advance();
    std::string out;
    while (peek() != '"') {
        if (at_end() || peek() == '\n') {
            throw JsonMistake(start, "this text has no closing quote in its line");
        }
        if (peek() == '\\') {
            append_escape(out);
        } else {
            out += peek();
            advance();
        }
    }
    advance();
    return out;
}

void JsonCursor::append_escape(std::string& out)
{
    static constexpr std::string_view names = "\"\\/bfnrt";
    static constexpr std::string_view values = "\"\\/\b\f\n\r\t";
    const auto rest = text_.substr(at_ + 1);
    if (!rest.empty() && rest.front() == 'u') {
        unsigned code = hex4();
        if (code >= 0xd800 && code < 0xdc00 && looking_at("\\u")) {
            const auto low = hex4();
            code = low >= 0xdc00 && low < 0xe000 ? 0x10000U + ((code - 0xd800U) << 10U) + (low - 0xdc00U) : 0xd800U;
        }
        if (code >= 0xd800 && code < 0xe000) {
            fail("half of a surrogate pair before this");
        }
        append_utf8(out, code);
        return;
    }
    const auto at = rest.empty() ? std::string_view::npos : names.find(rest.front());
    if (at == std::string_view::npos) {
        fail(R"(this is not an escape that JSON knows (a backslash itself is written \\))");
    }
    out += values[at];
    advance(2);
}

// \uXXXX, the cursor at its backslash.
unsigned JsonCursor::hex4()
{
    const auto digits = text_.substr(std::min(at_ + 2, text_.size()), 4);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 4 || error != std::errc{} || end != digits.data() + digits.size()) {
        fail(R"(\u must be followed by four hexadecimal digits)");
    }
    advance(6);
    return value;
}

} // namespace keavrf::config
