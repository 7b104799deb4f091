// Internal to lib/kea: who has a file open, for messages. Looks at every descriptor of the host, so it is for what
// keeps a Kea from starting, and for nothing that happens often.
#pragma once

#include <string>

namespace keavrf::kea {

// "pid 17 (/usr/sbin/kea-dhcp4), pid 18 (/usr/bin/vi)": the first few, control characters escaped. Empty: nobody whom
// we can see.
std::string users_of(const std::string& path);

} // namespace keavrf::kea
