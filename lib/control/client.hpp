// keavrfctl's end of the control channel: synchronous, since the program has nothing else to do, with a deadline for
// each call, and errors that say what to do about them.
#pragma once

#include "control/framer.hpp"
#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>

namespace keavrf::control {

class Client {
public:
    static Result<Client> connect(const std::string& path, std::chrono::milliseconds timeout);

    // One command, its first answer.
    Result<boost::json::object> call(const boost::json::object& command);
    // The parts of a call, for commands that answer with several objects. The deadline counts from each.
    Result<void> send(const boost::json::object& command);
    Result<boost::json::object> receive();

private:
    Client(UniqueFd socket, std::string path, std::chrono::milliseconds timeout);
    [[nodiscard]] Error lost(std::string_view what, int number) const;
    [[nodiscard]] Result<void> wait(short events, std::chrono::steady_clock::time_point deadline) const;

    UniqueFd socket_;
    std::string path_;
    std::chrono::milliseconds timeout_;
    Framer framer_;
    std::string received_; // beyond the object that was taken last
};

// "cannot reach keavrfd at <path>: <errno's text> (<what to do>)". `socket_group`: the socket file's group, where
// known.
Error connect_error(const std::string& path, int number, const std::string& socket_group);

} // namespace keavrf::control
