// The lock on a VRF's leases as an earlier keavrfd had it: state-dir/<vrf>/.keavrfd.lock, in Kea's own folder, which
// was given up because Kea can put other files there (docs/architecture.md, "Security"). A Kea that such a keavrfd left
// running, or its kea-lfc, still holds it and not the one of today: it must be seen before another Kea is started on
// the same leases.
//
// keavrfd made it as root; what somebody else's file of that name says is not believed, and it is left alone.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"
#include "kea/paths.hpp"

#include <optional>

namespace keavrf::kea {

// For reading, and for flock(2). None: there is none, or what has its name is not what a keavrfd made: a plain file of
// root's. An error tells nothing of who holds it.
Result<std::optional<UniqueFd>> open_former_lock(const ServerPaths& paths);
// Removes it where nobody holds it any more; no such file is a success too. EWOULDBLOCK: it is held.
Result<void> clear_former_lock(const ServerPaths& paths);

} // namespace keavrf::kea
