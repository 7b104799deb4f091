// The control channel's listener: JSON commands over a unix stream socket, framed as Kea frames them: read until one
// JSON object is complete, answer with one object, close. Commands that follow in the same connection are answered too
// where they have arrived already, or where the one before said "keep-open": true.
//
// Every fault of a client (garbage, too much, too slow) is answered with result 1 and a sentence, and costs that client
// alone. Requests are bounded by size and time, connections by number (control/places.hpp says who gets one).
#pragma once

#include "control/command.hpp"
#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/task_group.hpp"
#include "core/unique_fd.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/json/object.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keavrf::control {

// Further objects of a streaming answer.
class Writer {
public:
    Writer() = default;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    virtual ~Writer();
    // Sends one object and a newline. An error says that the client has gone, or does not read: give up. Throws when
    // cancelled.
    virtual asio::awaitable<Result<void>> async_write(boost::json::object object) = 0;
};

// What the daemon does with commands. An exception is answered with result 1; cancellation ends the connection.
struct Handler {
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler();
    virtual asio::awaitable<boost::json::object> async_handle(Command command) = 0;
    // True for a command that answers with several objects: it goes to async_stream, which may write any number of
    // them before it returns the last. The writer lives as long as the call.
    [[nodiscard]] virtual bool streams(const Command& command) const;
    virtual asio::awaitable<boost::json::object> async_stream(Command command, Writer* writer);
};

struct ServerLimits {
    std::size_t connections = 32;
    std::size_t connections_of_root = 4; // besides, for root alone
    std::size_t request_bytes = std::size_t{64} << 10U;
    // For config-test, whose "command" stands within the first request_bytes.
    std::size_t large_request_bytes = std::size_t{4} << 20U;
    // For a whole request, counted from the connect or the last answer.
    std::chrono::milliseconds read_timeout{10000};
    // For each object of an answer.
    std::chrono::milliseconds write_timeout{10000};
};

// The socket file and its descriptor; goes away with its owner, the file only where it still is this one.
class Listener {
public:
    Listener(UniqueFd descriptor, std::string path, bool group_missing) noexcept;
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    // For the server, which waits on it; the file stays with the listener.
    [[nodiscard]] UniqueFd take_descriptor() noexcept { return std::move(descriptor_); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] Result<void> listen() const;
    // The group does not exist: only root can connect, and the caller may warn.
    [[nodiscard]] bool group_missing() const noexcept { return group_missing_; }

private:
    UniqueFd descriptor_;
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    bool group_missing_ = false;
};

// Makes the socket file: mode 0660, of `group`; mode 0600 where that is empty or missing. A file left by a daemon that
// has ended is replaced; one on which somebody listens, or which is no socket, is an error.
Result<Listener> open_listener(const std::string& path, const std::string& group);

class Connection;

class Server {
public:
    // The handler outlives the server.
    Server(const asio::any_io_executor& executor, Listener listener, Handler& handler, ServerLimits limits = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();
    // Serves until cancelled; then connections are closed, and commands in flight are cancelled (an answer that fits
    // the socket's buffer is on its way before).
    asio::awaitable<void> run();
    // Goes on with another listener, where somebody has removed the file of the one before. Who is connected stays so.
    Result<void> listen_on(Listener listener);
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }

private:
    asio::awaitable<void> accept_all();
    bool accept_ready();
    void start(UniqueFd descriptor);
    bool make_room(bool root);
    asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
    void forget(const Connection* connection);

    std::optional<Listener> listener_; // never empty
    asio::posix::stream_descriptor acceptor_;
    Handler& handler_;
    ServerLimits limits_;
    // The listener's task, and one for each connection.
    TaskGroup tasks_;
    std::vector<std::shared_ptr<Connection>> connections_; // but for those that had to give way
    bool accept_failing_ = false;
};

} // namespace keavrf::control
