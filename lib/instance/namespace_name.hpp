// Whether a name under /run/netns is that of our namespace. Pure.
//
// A namespace that we hold by descriptor is ours whatever its name says. And only what was looked at proves anything:
// that a name cannot be looked at (no descriptor is left, no right to) says nothing about whose it is.
#pragma once

#include "core/error.hpp"
#include "core/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keavrf::instance {

enum class NameState {
    ours,
    gone,    // nothing of that name, or a stale file, which is nobody's
    taken,   // another namespace, or something that is none
    unknown, // it could not be looked at
};

// `found`: what netns::open() says of the name. `held`: the namespace that should have it; none: we have none.
NameState judge_name(const Result<NamespaceInode>& found, std::optional<NamespaceInode> held);

// "/run/netns/keavrf-red is ...": of a name that is taken, with what to do about it.
std::string describe_taken(std::string_view name, const Result<NamespaceInode>& found);

} // namespace keavrf::instance
