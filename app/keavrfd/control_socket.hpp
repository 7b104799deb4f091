// The control socket's file, which somebody may remove.
#pragma once

#include "control/server.hpp"
#include "core/asio.hpp"
#include "core/error.hpp"

#include <string>

namespace keavrf {

// Its folder may have been wiped, and is made anew.
Result<control::Listener> open_control_socket(const std::string& path, const std::string& group);
// A socket without its file can be reached by nobody; it is made anew, and those who are connected already are served
// on. Until cancelled.
asio::awaitable<void> keep_socket_file(control::Server* server, std::string path, std::string group);

} // namespace keavrf
