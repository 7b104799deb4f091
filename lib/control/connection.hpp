// One client of the control channel: read an object, have it handled, answer, and again. Private to the server.
//
// Held by a shared pointer, because the timer that bounds an operation refers to it weakly.
#pragma once

#include "control/framer.hpp"
#include "control/server.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keavrf::control {

class Connection : public Writer, public std::enable_shared_from_this<Connection> {
public:
    Connection(const asio::any_io_executor& executor, UniqueFd descriptor, Handler& handler,
               const ServerLimits& limits);
    // Ends when the client has been served or has gone. Throws when cancelled.
    asio::awaitable<void> run();
    asio::awaitable<Result<void>> async_write(boost::json::object object) override;

    [[nodiscard]] bool of_root() const noexcept { return peer_.uid == 0; }
    // Since when no request of it has been under way; nothing: one is.
    [[nodiscard]] const std::optional<Clock::time_point>& idle_since() const noexcept { return idle_since_; }
    // Says why and closes, at once; run() returns soon.
    void turn_away(const std::string& why);

private:
    enum class Request { arrived, faulty, none };

    asio::awaitable<Request> async_read();
    Request at_end(boost::system::error_code error);
    asio::awaitable<boost::json::object> async_answer();
    asio::awaitable<boost::json::object> async_handle(Command command);
    asio::awaitable<void> async_discard_rest();
    bool more_has_arrived();
    bool feed_leftover();

    // Cancels what the socket does once `timeout` has passed; expired_ then tells it from other cancellations.
    void set_deadline(std::chrono::milliseconds timeout);
    void clear_deadline();
    void check_deadline();

    boost::asio::local::stream_protocol::socket socket_;
    asio::steady_timer timer_;
    Handler& handler_;
    ServerLimits limits_;
    Framer framer_;
    Peer peer_;
    std::array<char, 16384> buffer_{};
    std::string leftover_; // received behind the last object
    std::string fault_;
    bool keep_open_ = false;
    bool answered_ = false;
    bool expired_ = false;
    bool turned_away_ = false;
    std::optional<Clock::time_point> idle_since_ = Clock::now();
};

} // namespace keavrf::control
