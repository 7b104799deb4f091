// The files that a Kea loads its leases from (memfile), looked at and made whole before it does; what can be wrong with
// them stands in lease_mender.hpp and lease_ghosts.hpp.
//
// A file that is whole is only read: in pieces of a quarter of a mebibyte, between which others have their turn. One
// that is not is written anew beside, with the owner and mode it has, and takes the other's place in one step.
// Cancelled at any piece: the file is as it was.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "kea/lease_mender.hpp"

#include <string>
#include <string_view>

namespace keavrf::kea {

// The subnets that Kea's configuration (JSON) gives an id; empty where there is none to be read.
LeaseSubnets lease_subnets(std::string_view configuration);

// While no Kea and no kea-lfc works on them: whoever calls this holds the folder's lock. An unfinished `.output` of
// kea-lfc is removed: the next kea-lfc would go on writing behind its torn end. Tells in the log what it mended, and
// which lines it cannot read. An error: what had to be mended could not be written, and Kea would lose leases if it
// were started now.
asio::awaitable<Result<void>> async_mend_leases(VrfName vrf, std::string lease_file, LeaseSubnets subnets);

// While Kea works on them: whether a Kea that loads these files now would lose leases. A row that Kea has only begun
// says nothing.
asio::awaitable<bool> async_leases_are_whole(std::string lease_file, LeaseSubnets subnets);

} // namespace keavrf::kea
