// Internal to lib/kea: the child of keavrfd that works on lease files (lease_work.hpp), and what its end means.
//
// It holds the lock on the leases (LeaseTask::lock) for as long as it lives, also where it has to be given up because
// it waits for a disk: until it is gone no Kea can be started on files that it may still write or rename.
#pragma once

#include "core/asio.hpp"
#include "kea/lease_file.hpp"
#include "kea/lease_work.hpp"
#include "process/run.hpp"

#include <string>

namespace keavrf::kea {

// Cancelled: it is killed.
asio::awaitable<Result<LeaseFindings>> async_work_on_leases(LeaseTask task, LeaseWork work);

// What it has found, or that its time was too short to tell, where it only looked. Errors: it could not be started, or
// was killed by somebody else; ETIMEDOUT: what is not whole could not be mended in its time; process::not_ended. Pure.
Result<LeaseFindings> outcome_of(const Result<process::RunResult>& ran, const std::string& lease_file, LeaseWork work,
                                 Clock::duration limit);

} // namespace keavrf::kea
