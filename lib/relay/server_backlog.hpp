// What a server has in its socket and has not read yet, as the kernel tells it (/proc/PID/net/udp, proc(5)): the only
// way to know that nothing of it is lost when the socket is closed, or that there is room for more.
#pragma once

#include "core/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keavrf::relay {

// Bytes of memory, of all UDP sockets bound to this port in the process's network namespace. Nothing where that cannot
// be read (the process is gone). Reads a file of the kernel's, which never blocks.
std::optional<std::size_t> server_backlog(ProcessId process, std::uint16_t port);

// Pure: the same from the file's text. What is not of its form counts as nothing.
std::size_t parse_backlog(std::string_view text, std::uint16_t port) noexcept;

} // namespace keavrf::relay
