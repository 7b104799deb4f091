// Kea's JSON into a tree: JSON (RFC 8259) with comments (#, //, /* */) and commas before a closing bracket, as Kea's
// own files may have them. Duplicate keys are refused; <?include?> is not supported and says so.
#pragma once

#include "config/node.hpp"
#include "config/report.hpp"

#include <string_view>

namespace keavrf::config {

// As read_yaml: null after a mistake of grammar, which is in the report then. Duplicate keys are reported and the first
// one kept.
NodePtr read_json(std::string_view bytes, const Origin& file, Report& report);

} // namespace keavrf::config
