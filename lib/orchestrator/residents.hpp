// Who lives in namespaces of our prefix that no record names: as a rule the Keas of a keavrfd that had another
// runtime-dir and state-dir, and was killed or told to leave them. For messages alone: nothing is proved here, and
// nothing of it is touched.
#pragma once

#include <string>
#include <string_view>

namespace keavrf::orchestrator {

// "process 17 (/usr/sbin/kea-dhcp4) in keavrf-red, on the leases in /var/lib/keavrfd; process 18 ..."; the first few,
// control characters escaped. Empty: nobody. Looks at every process of the host.
std::string residents_of(std::string_view netns_prefix);

} // namespace keavrf::orchestrator
