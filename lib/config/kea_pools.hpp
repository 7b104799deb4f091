// The pools of one subnet; behind kea_map.hpp.
#pragma once

#include "config/fields.hpp"
#include "core/ip_address.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keavrf::config {

// A place as seen from another: "line 12", or "blue.json line 12".
std::string place(const Field& field, const Field& seen_from);
// Whether `left` stands behind `right` in their file.
bool later(const Field& left, const Field& right);
// What is written, without ${variables}; nothing where it is no scalar, which is reported, or where it has them.
std::optional<std::string> read_final_text(const Field& field, std::string_view allowed);

// `pools` of a subnet: first - last or a prefix, inside the subnet, not reversed, not overlapping.
void check_pools(const Field& list, const Ipv4Prefix& subnet);

} // namespace keavrf::config
