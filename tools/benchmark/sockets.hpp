// The bench's sockets. A failure ends the run with the reason.
#pragma once

#include "core/types.hpp"
#include "core/unique_fd.hpp"

#include <cstdint>

namespace keavrf::bench {

// Frames of one interface of a namespace, out past the queueing discipline; hears only UDP to this port,
// with 0 nothing at all: then it costs nothing but what it sends.
UniqueFd open_frames(int network_namespace, const char* interface, std::uint16_t port);
// 0.0.0.0:port on one interface, with large buffers.
UniqueFd open_datagrams(int network_namespace, const char* interface, std::uint16_t port);

} // namespace keavrf::bench
