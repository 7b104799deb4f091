// What a plain (unquoted) scalar means, by YAML 1.2's core schema (yaml.org/spec/1.2.2, 10.3.2): `yes` and `on` are
// texts, `0o10` is 8. A number with a leading zero, such as 010, is refused: YAML 1.1 reads 8, YAML 1.2 reads 10.
#pragma once

#include "config/node.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::config {

struct Scalar {
    boost::json::value value;
    std::string problem; // not empty: it has no meaning that everybody shares
};

// Of a node of kind scalar; a quoted one is a text.
Scalar resolve(const Node& node);

// "10s", "500ms", "2m", "1h": a whole number and its unit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// In the largest unit that divides it.
std::string duration_text(std::chrono::milliseconds duration);

// Bytes: "1500", "1500B", "9KiB", "1MiB".
std::optional<std::uint64_t> parse_size(std::string_view text);

// "a list", "a map", "nothing", "the text \"12\"" or "\"yes\"": what a value is, for "must be ..., not ...".
std::string describe(const Node& node);

} // namespace keavrf::config
