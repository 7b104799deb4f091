#include "config/source_text.hpp"

#include "config/load.hpp"

#include <algorithm>
#include <cstdint>

namespace keavrf::config {

namespace {

// Length of the UTF-8 sequence at the start of `text` (RFC 3629, section 4); 0 when it is none.
std::size_t sequence_length(std::string_view text)
{
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const auto lead = byte(0);
    std::size_t length = 0;
    if (lead < 0x80) {
        length = 1;
    } else if (lead >= 0xc2 && lead <= 0xf4) {
        length = lead < 0xe0 ? 2 : (lead < 0xf0 ? 3 : 4);
    }
    if (length == 0 || length > text.size()) {
        return 0;
    }
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xc0U) != 0x80) {
            return 0;
        }
    }
    const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
    const bool surrogate = lead == 0xed && byte(1) > 0x9f;
    const bool beyond = lead == 0xf4 && byte(1) > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

std::string hex_byte(char c)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<std::uint8_t>(c);
    return {'0', 'x', digits[byte >> 4U], digits[byte & 0xfU]};
}

// What is wrong with the byte at the start of `rest`; empty: nothing.
std::string byte_problem(std::string_view rest)
{
    const char c = rest.front();
    if (sequence_length(rest) == 0) {
        return "the byte " + hex_byte(c) + " is not UTF-8 (save the file as UTF-8)";
    }
    const bool control = static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f;
    if (control && c != '\n' && c != '\t') {
        return "the control character " + hex_byte(c) + R"( cannot stand here (in YAML write it as "\x)" +
               hex_byte(c).substr(2) + R"(" in double quotes))";
    }
    return {};
}

// How many bytes at the start of `rest` are printable ASCII.
std::size_t plain_length(std::string_view rest)
{
    const auto* const end = std::find_if(rest.begin(), rest.end(), [](char c) { return c < ' ' || c > '~'; });
    return static_cast<std::size_t>(end - rest.begin());
}

bool utf16(std::string_view bytes)
{
    return bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
}

} // namespace

std::optional<std::string> prepare_text(std::string_view bytes, const Origin& file, Report& report)
{
    if (bytes.size() > max_file_size) {
        report.error(file, {}, "the file is larger than 16 MiB (a configuration is small: is this the right file?)");
        return std::nullopt;
    }
    if (utf16(bytes)) {
        report.error(file, {}, "the file is UTF-16 (save it as UTF-8)");
        return std::nullopt;
    }
    if (bytes.starts_with("\xef\xbb\xbf")) {
        bytes.remove_prefix(3);
    }
    std::string text;
    text.reserve(bytes.size() + 2);
    Origin here{file.file, 1, 1};
    for (std::size_t at = 0; at < bytes.size();) {
        if (const auto plain = plain_length(bytes.substr(at)); plain > 0) {
            text += bytes.substr(at, plain);
            here.column += static_cast<int>(plain);
            at += plain;
            continue;
        }
        const auto rest = bytes.substr(at);
        if (rest.starts_with("\r\n")) {
            ++at;
            continue;
        }
        if (auto problem = byte_problem(rest); !problem.empty()) {
            report.error(here, {}, std::move(problem));
            return std::nullopt;
        }
        const auto length = sequence_length(rest);
        text += rest.substr(0, length);
        at += length;
        here.column = rest.front() == '\n' ? 1 : here.column + static_cast<int>(length);
        here.line += rest.front() == '\n' ? 1 : 0;
    }
    return text;
}

} // namespace keavrf::config
