// Kea's control channel: JSON over a unix socket, one connection a command.
//
// The socket lies in a folder that Kea can write, so a path that was turned into a symbolic link is not followed: a
// Kea that was taken over must not choose what root talks to. Paths longer than sockaddr_un's 107 bytes work.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace keavrf::kea {

// Kea could not be asked at all, since the system gives keavrfd no descriptor, no memory or no more to watch: this says
// nothing about Kea.
[[nodiscard]] bool is_own_shortage(const Error& error);

class ControlChannel {
public:
    static constexpr std::chrono::seconds default_timeout{5};

    explicit ControlChannel(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    // The answer as Kea gave it, also when its result is not 0 (reply.hpp reads it). Errors are those of the channel:
    // no socket, connection lost, time over (ETIMEDOUT), no JSON, more than reply_budget() allows for the command
    // (EMSGSIZE); the message names the socket.
    // What keavrfd itself lacks for it: is_own_shortage(). `timeout` spans the whole exchange. Commands may run side by
    // side. Throws operation_aborted when cancelled.
    [[nodiscard]] asio::awaitable<Result<boost::json::value>>
    async_command(std::string command, boost::json::object arguments = {},
                  Clock::duration timeout = default_timeout) const;
    // The same for a whole request, as the operator typed it.
    [[nodiscard]] asio::awaitable<Result<boost::json::value>>
    async_request(boost::json::object request, Clock::duration timeout = default_timeout) const;
    // status-get, to a Kea that may be on its way. A connection that comes between its listen(2) and its first
    // accept(2) is taken there and then, but Kea looks at what it says no sooner than its select(2) returns: when
    // something else comes, or after a second (Kea 2.2, seen with strace). So, without an answer for 20 ms, something
    // else comes: another connection, which says nothing.
    [[nodiscard]] asio::awaitable<Result<boost::json::value>> async_ask_starting(Clock::duration timeout) const;

private:
    [[nodiscard]] asio::awaitable<Result<boost::json::value>>
    async_send(boost::json::object request, Clock::duration timeout, Clock::duration knock_after) const;

    std::string path_;
};

} // namespace keavrf::kea
