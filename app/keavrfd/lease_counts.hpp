// How many leases each VRF's Kea holds, by its own word.
#pragma once

#include "core/asio.hpp"
#include "core/types.hpp"
#include "orchestrator/orchestrator.hpp"

#include <cstdint>
#include <map>

namespace keavrf {

using LeaseCounts = std::map<VrfName, std::uint64_t>;

// Asks all Keas that run, side by side. One that does not answer within two seconds is not in the answer, and neither
// is one that gives no count.
asio::awaitable<LeaseCounts> async_count_leases(const orchestrator::Orchestrator& orchestrator);

} // namespace keavrf
