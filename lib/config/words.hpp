// Words of error messages: quoting what the file says, lists of what is allowed, and the word that was meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace keavrf::config {

// In double quotes, escaped as for logs, cut after 80 bytes.
std::string quoted(std::string_view text);
// "a, b or c".
std::string one_of(std::span<const std::string_view> words);
// "a, b, c".
std::string joined(std::span<const std::string_view> words);
// The word that `text` begins, else the nearest by edit distance (insert, delete, replace, swap neighbours); empty when
// none is near.
std::string_view nearest(std::string_view text, std::span<const std::string_view> words);

} // namespace keavrf::config
