// Takes its name in /run/netns away from a namespace of ours, at its end.
#pragma once

#include "core/error.hpp"
#include "netns/namespace.hpp"

#include <string_view>

namespace keavrf::instance {

// Somebody else may have the name by now: then it is theirs, and that is a success. Not what is only mounted over ours
// (EBUSY): the record that proves it ours has to stay for as long as the name may show again.
Result<void> remove_own_name(const netns::Namespace& name_space);
// EBUSY: "something is mounted over /run/netns/keavrf-red", and what to do about it.
Error mounted_over(std::string_view name);

} // namespace keavrf::instance
