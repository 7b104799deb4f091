#include "kea/control_channel.hpp"

#include "core/deadline.hpp"
#include "core/unique_fd.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <vector>

namespace keavrf::kea {

namespace json = boost::json;
using Socket = asio::local::stream_protocol::socket;

namespace {

// A handle on the socket file itself: what it is has been looked at, and what is connected to is what was looked at.
Result<UniqueFd> open_socket_file(const std::string& path)
{
    UniqueFd file(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!file) {
        return Error::from_errno("no control socket");
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISSOCK(status.st_mode)) {
        return Error::from_errno("not a control socket", ENOTSOCK);
    }
    return file;
}

Result<Socket> make_socket(const asio::any_io_executor& executor)
{
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
        return Error::from_errno("cannot make a socket");
    }
    return Socket(executor, asio::local::stream_protocol(), socket.release());
}

Error channel_error(std::string_view what, boost::system::error_code error, const Deadline& deadline)
{
    if (deadline.expired()) {
        return Error::from_errno("no answer in time", ETIMEDOUT);
    }
    if (error == asio::error::operation_aborted) {
        throw boost::system::system_error(error);
    }
    return Error::from_code(what, error);
}

// Reads one JSON value; what follows it is not waited for, since Kea closes only afterwards.
asio::awaitable<Result<json::value>> async_read_reply(Socket* socket, const Deadline* deadline)
{
    json::parse_options options;
    options.max_depth = 64;
    json::stream_parser parser({}, options);
    std::vector<char> buffer(65536);
    std::size_t total = 0;
    while (!parser.done()) {
        const auto [error, count] = co_await socket->async_read_some(asio::buffer(buffer), as_result);
        if (error) {
            const bool closed = error == asio::error::eof;
            co_return closed ? Error(error, "the connection was closed before the whole answer had come")
                             : channel_error("reading the answer", error, *deadline);
        }
        total += count;
        if (total > ControlChannel::reply_limit) {
            co_return Error::from_errno("the answer is larger than 16 MiB", EMSGSIZE);
        }
        boost::system::error_code malformed;
        parser.write_some(buffer.data(), count, malformed);
        if (malformed) {
            co_return Error::from_code("the answer is not JSON", malformed);
        }
    }
    co_return parser.release();
}

asio::awaitable<Result<json::value>> async_exchange(std::string path, std::string request, Clock::duration timeout)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto file = open_socket_file(path);
    if (!file) {
        co_return file.error();
    }
    auto socket = make_socket(executor);
    if (!socket) {
        co_return socket.error();
    }
    const Deadline deadline(*socket, timeout);
    const asio::local::stream_protocol::endpoint endpoint("/proc/self/fd/" + std::to_string(file->get()));
    const auto [connect_error] = co_await socket->async_connect(endpoint, as_result);
    if (connect_error) {
        co_return channel_error("cannot connect", connect_error, deadline);
    }
    const auto [write_error, written] = co_await asio::async_write(*socket, asio::buffer(request), as_result);
    if (write_error) {
        co_return channel_error("sending the command", write_error, deadline);
    }
    auto reply = co_await async_read_reply(&*socket, &deadline);
    co_return reply;
}

} // namespace

asio::awaitable<Result<json::value>> ControlChannel::async_command(std::string command, json::object arguments,
                                                                   Clock::duration timeout) const
{
    json::object request;
    request["command"] = command;
    if (!arguments.empty()) {
        request["arguments"] = std::move(arguments);
    }
    return async_request(std::move(request), timeout);
}

asio::awaitable<Result<json::value>> ControlChannel::async_request(json::object request, Clock::duration timeout) const
{
    // A copy: the channel may go away while the exchange runs.
    const auto path = path_;
    auto text = json::serialize(request);
    auto reply = co_await async_exchange(path, std::move(text), timeout);
    if (!reply) {
        co_return reply.error().in("Kea's control channel " + path);
    }
    co_return reply;
}

} // namespace keavrf::kea
