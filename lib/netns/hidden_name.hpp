// A name in /run/netns that something else is mounted over: it shows again when that has gone.
#pragma once

#include "core/types.hpp"

#include <string>
#include <string_view>

namespace keavrf::netns {

// Whether this namespace is mounted on that name in /run/netns, in sight or below something else; where that cannot be
// told, it is not. Another name says nothing: the number may be another namespace's by now.
bool bears_name(std::string_view name, NamespaceInode inode);
// The same of a mount table as /proc/self/mountinfo has it (proc(5)). Pure.
bool bears_name(const std::string& mounts, std::string_view name, NamespaceInode inode);

} // namespace keavrf::netns
