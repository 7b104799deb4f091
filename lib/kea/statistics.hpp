// Reading what Kea counts: the answer to statistic-get-all. Pure.
#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>

namespace keavrf::kea {

// Leases that are held now: "subnet[ID].assigned-addresses" of all subnets. Declined addresses are in it, as Kea has it
// (Kea's reference manual, "Statistics in the DHCPv4 Server"). Empty where the answer is none, or an error.
std::optional<std::uint64_t> assigned_addresses(const boost::json::value& reply);

} // namespace keavrf::kea
