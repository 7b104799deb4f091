// The rights to files of whoever sent a command, while something is read for him: his user, his groups, no capability.
//
// The group of the control socket may have files checked that it can read, and is not to learn from the diagnostics,
// which quote, what is in those of root. One thread, so the whole program has these rights meanwhile: no co_await and
// no pause (core/slices.hpp) while an object lives. Not to come back is fatal.
#pragma once

#include "control/command.hpp"

#include <sys/types.h>

#include <vector>

namespace keavrf {

class PeerRights {
public:
    explicit PeerRights(const control::Peer& peer);
    PeerRights(const PeerRights&) = delete;
    PeerRights& operator=(const PeerRights&) = delete;
    ~PeerRights();
    // False: nobody knows who it is, or the system does not let us. Then nothing is to be read for him.
    [[nodiscard]] bool taken() const noexcept { return taken_; }

private:
    bool taken_ = false;
    bool changed_ = false; // root's need no change
    std::vector<gid_t> own_groups_;
    int dumpable_ = 1;
};

} // namespace keavrf
