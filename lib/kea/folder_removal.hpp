// Takes a folder down that Kea's user can fill: with a million files, a file of gigabytes, or folders in folders in
// folders, and may go on doing so. No link is followed, no more than three descriptors are open at a time, and nobody
// else waits for it.
//
// What is small, as it should be, is removed at once. The rest is done by a child of ours (process/spawn.hpp) that has
// a limited time for it, within what a stop of keavrfd may take; cancelled, or keavrfd killed, what is left stays, and
// may be removed again.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace keavrf::kea {

// The folder and all that is in it; success too where there is none. ETIMEDOUT: that took too long, and something is
// left. Its parent is root's.
asio::awaitable<Result<void>> async_remove_folder(std::string path, Clock::duration limit = std::chrono::seconds(8));

// The part that is done at once: looks at `most` names at most, and at no file that takes more than a MiB on the disk.
// False: there is more than that.
Result<bool> remove_small_folder(const std::string& path, std::size_t most);

} // namespace keavrf::kea
