// A name in /run/netns that something else is mounted over: it shows again when that has gone.
#pragma once

#include "core/types.hpp"

#include <string>

namespace keavrf::netns {

// Whether this namespace is mounted on a name in /run/netns, in sight or below something else; where that cannot be
// told, it is not.
bool bears_a_name(NamespaceInode inode);
// The same of a mount table as /proc/self/mountinfo has it (proc(5)). Pure.
bool bears_a_name(const std::string& mounts, NamespaceInode inode);

} // namespace keavrf::netns
