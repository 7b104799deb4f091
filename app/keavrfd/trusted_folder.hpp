// Whether a folder is one that root may work in: nobody else can put anything into it, nor another folder in its place.
// A Kea that was taken over could else have root write and remove files wherever it likes, by a link.
#pragma once

#include "core/error.hpp"

#include <sys/types.h>

#include <optional>
#include <string>

namespace keavrf {

// What is there of the path, absolute, and of what links in it lead to: root's own, and writable by nobody else.
// Folders above it may be where they are sticky (/tmp), and, given `foreign_group`, for any group but that one: of some
// distributions /var/log belongs to the group of its log daemon. The error says what is wrong, and which command
// mends it. Blocks.
Result<void> check_trusted(const std::string& path, std::optional<gid_t> foreign_group = std::nullopt);

// A tmpfs is open to everybody where nobody says otherwise: mounted for this folder alone, and nothing in it but
// root's, it gets this mode. Anything else stays as it is, for check_trusted() to judge. True where it was changed.
// Blocks.
bool close_new_mount(const std::string& path, mode_t mode);

// A folder of root's own in such a folder: no link either. None is a success.
Result<void> check_own(const std::string& path);

} // namespace keavrf
