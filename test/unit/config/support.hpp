// Loading texts in tests: files come from a map, and what was told comes back as lines.
#pragma once

#include "config/load.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::config::test {

using Files = std::map<std::string, std::string, std::less<>>;
using Lines = std::vector<std::string>;

// As "c.yaml"; `files` are what it can name.
LoadResult load(std::string_view text, const Files& files = {});
// The texts of its errors, without "c.yaml:" in front.
Lines errors(std::string_view text, const Files& files = {});
Lines warnings(std::string_view text, const Files& files = {});
// Must load; a failed test otherwise.
Settings settings(std::string_view text, const Files& files = {});

struct Case {
    const char* text;
    Lines expected;
};
// Compares errors() for each.
void check_errors(const std::vector<Case>& cases, const Files& files = {});

} // namespace keavrf::config::test
