// Internal to lib/kea: puts the leases of a Kea whose file has lost its name (lease_watch.hpp) back under that name,
// for the next Kea to load.
//
// By a child with the rights of Kea's user alone, as all work on lease files (lease_work.hpp): what Kea had open is
// copied beside, written to the disk, and takes the name in one step. What has the name meanwhile is set aside, not
// removed: `.set-aside-1`, and so on. Cancelled at any time: all is as it was. A proof leaves a copy beside
// (lease_kept.hpp), for the next keavrfd where this one is killed after that Kea and before this is done.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "kea/lease_file.hpp"
#include "kea/lease_kept.hpp"

#include <string>

namespace keavrf::kea {

// prove: whether it could be done now; what bears the lease file's name stays.
// merge: carried out, and what has the name is what that Kea wrote later (LeaseWatch::continued()), and comes behind
// it.
enum class Rescue { prove, prove_merge, carry_out, merge };

// `source`: what Kea had open, borrowed. carry_out: no Kea works on these leases any more, and the caller holds their
// lock (LeaseTask::lock). Success too, and nothing happens, where it has a name that a Kea would find. Tells in the log
// what it did. ETIMEDOUT, process::not_ended: as async_mend_leases.
asio::awaitable<Result<void>> async_rescue_leases(LeaseTask task, int source, Rescue rescue);

// What the child does. It blocks.
Result<Placed> rescue_leases(const std::string& lease_file, int source, Rescue rescue);

} // namespace keavrf::kea
