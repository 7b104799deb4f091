// Repeats the lines of Kea's log file in our own log, with the VRF (`kea.log: inherit`). Kea writes to its file in any
// case, never to a pipe: a full pipe would block it, a closed one kill it.
#pragma once

#include "core/asio.hpp"
#include "core/types.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace keavrf::kea {

class LogFollower {
public:
    // Lines that are in the file already at run() are not repeated.
    LogFollower(VrfName vrf, std::string folder, std::string file_name);

    // Follows until cancelled, through rotation (the rest of the old file first) and truncation. At most 64 KiB a turn
    // of the reactor; when more than 1 MiB behind, it skips, and says so.
    asio::awaitable<void> run();

private:
    class Tail;
    VrfName vrf_;
    std::string folder_;
    std::string file_name_;
};

} // namespace keavrf::kea
