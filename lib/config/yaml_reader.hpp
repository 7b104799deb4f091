// YAML text into a tree, by yaml-cpp's events: its own tree drops duplicate keys without a word and forgets which
// scalars were quoted.
//
// Aliases and merge keys (`<<`) work. Refused, each with its place: duplicate keys, keys that are not text, tags other
// than !!str, several documents, an alias inside what it names, more than max_values or max_depth.
#pragma once

#include "config/node.hpp"
#include "config/report.hpp"

#include <string_view>

namespace keavrf::config {

// `bytes` as the file has them; `file` names it (line 0). Null when nothing can be told from the text, with an error
// in the report. An empty text is a null node.
NodePtr read_yaml(std::string_view bytes, const Origin& file, Report& report);

} // namespace keavrf::config
