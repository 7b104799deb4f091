// Who lives in which network namespace: one look at every process of the host (/proc/PID/ns/net), shared by all VRFs
// that want to know, so that a thousand of them cost little more than one.
//
// The environment owns it. What cannot be looked at for want of descriptors or memory is an error, never "nobody".
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace keavrf::instance {

class Census {
public:
    // Those in the namespace, by a look that began at `not_before` or later; who has ended since, or gone elsewhere, is
    // still among them. Blocks for a few microseconds a process where it has to look.
    Result<std::vector<ProcessId>> inhabitants(NamespaceInode name_space, Clock::time_point not_before);
    // Whether that needs no new look.
    [[nodiscard]] bool knows(Clock::time_point not_before) const noexcept;
    // When the next look is due; who waits for it, where many may ask at once, shares it with them.
    [[nodiscard]] Clock::time_point next_look() const noexcept { return next_; }
    [[nodiscard]] std::uint64_t looks() const noexcept { return looks_; }
    // A child that looks closer at who lives there, and does not end (process::not_ended): `alive` is the reading end
    // of a pipe that it has the writing end of. No other is sent after it while it lives.
    void remember_looker(NamespaceInode name_space, UniqueFd alive);
    [[nodiscard]] bool looker_lives(NamespaceInode name_space) const;

private:
    Result<void> look();

    std::uint64_t looks_ = 0;
    Clock::time_point began_ = Clock::time_point::min();
    Clock::time_point next_ = Clock::time_point::min();
    std::unordered_map<std::uint64_t, std::vector<ProcessId>> by_namespace_;
    std::unordered_map<std::uint64_t, UniqueFd> lookers_;
};

} // namespace keavrf::instance
