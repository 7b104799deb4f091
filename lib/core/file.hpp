// Small files read and written whole. For files in folders that root alone can write; where another user can, use
// openat(2) with O_NOFOLLOW instead.
#pragma once

#include "core/error.hpp"

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace keavrf {

// Fails for what is not a regular file, and beyond `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit);
// Replaces the file in one step (temporary file, rename): a reader, or a crash, sees the old text or the new one.
Result<void> write_file(const std::string& path, std::string_view text, mode_t mode);
// Makes the folder and its parents where they are missing; an existing one keeps its mode.
Result<void> make_folders(const std::string& path, mode_t mode);

} // namespace keavrf
