// Text that comes from outside: globs for interface and VRF names, and escaping wherever such a name goes.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace keavrf {

// Shell-style match of a whole name, byte by byte, as fnmatch(3) without flags: `*`, `?`, `[abc]`, `[!a-c]`, and `\`
// before a character to be taken literally. A `[` without end and a `\` at the end stand for themselves; character
// classes (`[[:alpha:]]`) are not known.
bool glob_match(std::string_view pattern, std::string_view name);
// True when the pattern holds an unescaped `*`, `?` or `[`.
bool is_glob(std::string_view pattern);

// For text logs: the value as it is when it is plain (letters, digits, and -_.:/@+,%[]), else in double quotes with
// `"`, `\` and control characters escaped (\n, \t, \xNN). Bytes above 0x7f stay when they are valid UTF-8.
std::string quote_for_log(std::string_view value);

// The sentence as it is, with control characters and bytes that are not UTF-8 escaped as above; `"` and `\` stay.
std::string escape_controls(std::string_view text);

// Length of the valid UTF-8 sequence at the start of `text`, 1 to 4; 0 when there is none.
std::size_t utf8_length(std::string_view text);

// The text with each byte that belongs to no valid UTF-8 sequence replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

// One path component that no name can break out of: bytes other than letters, digits, `-_.+:@,` become %XX, as do a
// leading dot and `%` itself; nothing becomes `%`. Injective, so two names never share a folder.
std::string escape_path_component(std::string_view name);

// The kernel's rule for an interface name (dev_valid_name): 1 to 15 bytes, not "." or "..", no '/', ':' or white space,
// of which the byte 0xa0 is one.
bool valid_interface_name(std::string_view name);

// Replaces ${name} by its value, once: what a value holds is not looked at again. An unknown name stays as it stands
// and is returned by unknown_variable(); `${}` and a `${` without end are plain text.
std::string expand_variables(std::string_view text, const std::map<std::string, std::string, std::less<>>& values);
// The first ${name} whose name is not in `values`; empty when there is none.
std::string unknown_variable(std::string_view text, const std::map<std::string, std::string, std::less<>>& values);

} // namespace keavrf
