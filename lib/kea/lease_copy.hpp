// Internal to lib/kea: lease files copied as they are, whole or from where another copy ends. It blocks, and is done by
// a child with the rights of Kea's user alone; that user can make a file of holes as large as it likes, so holes are
// never read and stay holes.
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>

namespace keavrf::kea {

// What is in `source` behind as many bytes as `out` holds, which is open for appending; all of it is on the disk then,
// and `out` has the mode of `source`. ENOSPC at once where there is obviously no room.
Result<void> copy_rest(int source, int out);
// All that is in `copy` stands at the beginning of `source` too.
bool is_beginning_of(int source, int copy);
// The first line of a lease file, with its newline; empty: it is none.
std::string header_of(int file);
// The rows of a lease file behind those of `out`, for a Kea to load after them, and on the disk. False, and nothing is
// written: its header is another. After an error `out` is as it was.
Result<bool> append_rows(int rows, int out);
// When a client last got or renewed one of its leases, in seconds since the epoch; 0: it has none.
std::uint64_t newest_renewal(int file);

} // namespace keavrf::kea
