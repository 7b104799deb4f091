// The records that an earlier keavrfd has left, as files: what they prove is for others to say (estate.hpp).
//
// What cannot be read, or is not where a record of that name has to be, is told in the log and left alone. An error:
// for want of descriptors or memory it cannot be told now what there is.
#pragma once

#include "config/settings.hpp"
#include "core/error.hpp"
#include "instance/record.hpp"

#include <optional>
#include <vector>

namespace keavrf::orchestrator {

// Of instances whose folder bears their name, and the copies, which outlive a wiped runtime folder, of others.
Result<std::vector<instance::Record>> find_records(const config::Settings& settings);
// Of the hub: that of the runtime folder, else the copy.
Result<std::optional<instance::Record>> read_hub_record(const config::Settings& settings);

} // namespace keavrf::orchestrator
