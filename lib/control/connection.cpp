#include "control/connection.hpp"

#include "core/exception_text.hpp"
#include "core/log.hpp"
#include "core/text.hpp"

#include <boost/asio/write.hpp>
#include <boost/json/serialize.hpp>

#include <sys/socket.h>

#include <exception>
#include <vector>

namespace keavrf::control {

namespace json = boost::json;

namespace {

// How long, and how much of, a refused request is read to its end, so that its sender gets to reading the refusal.
constexpr std::chrono::milliseconds discard_time{1000};
constexpr std::size_t discard_bytes = std::size_t{16} << 20U;

// None where the kernel does not tell: fewer rights, then.
std::vector<gid_t> groups_of_peer(int socket)
{
    socklen_t length = 0;
    (void)::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, nullptr, &length); // ERANGE, and how long it is
    std::vector<gid_t> groups(length / sizeof(gid_t));
    const bool told = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) == 0;
    groups.resize(told ? length / sizeof(gid_t) : 0);
    return groups;
}

Peer peer_of(int socket)
{
    ucred credentials{};
    socklen_t length = sizeof(credentials);
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
        return {};
    }
    return {credentials.pid, credentials.uid, credentials.gid, groups_of_peer(socket)};
}

std::string seconds_of(std::chrono::milliseconds time)
{
    return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s" : std::to_string(time.count()) + " ms";
}

void log_change(const Command& command, const json::object& response)
{
    if (!changes_something(command.name)) {
        return;
    }
    const auto parsed = parse_response(response);
    const int result = parsed ? parsed->result : -1;
    log::info("control.command", command.vrf, "answered a command of the control channel",
              {{"command", command.name},
               {"result", result},
               {"uid", command.peer.uid},
               {"gid", command.peer.gid},
               {"pid", command.peer.pid}});
}

} // namespace

Connection::Connection(const asio::any_io_executor& executor, UniqueFd descriptor, Handler& handler,
                       const ServerLimits& limits)
    : socket_(executor), timer_(executor, Clock::time_point::max()), handler_(handler), limits_(limits),
      framer_(limits.request_bytes, limits.large_request_bytes), peer_(peer_of(descriptor.get()))
{
    socket_.assign(boost::asio::local::stream_protocol(), descriptor.get());
    (void)descriptor.release();
}

asio::awaitable<void> Connection::run()
{
    do {
        set_deadline(limits_.read_timeout);
        const auto request = co_await async_read();
        clear_deadline();
        if (request == Request::none || turned_away_) {
            co_return;
        }
        if (request == Request::faulty) {
            auto refusal = make_response(ResultCode::error, fault_);
            (void)co_await async_write(std::move(refusal));
            co_await async_discard_rest();
            co_return;
        }
        idle_since_.reset();
        auto response = co_await async_answer();
        const auto written = co_await async_write(std::move(response));
        idle_since_ = Clock::now();
        if (!written) {
            log::debug("control.client-gone", "", written.error().message(), {{"pid", peer_.pid}});
            co_return;
        }
        answered_ = true;
    } while (keep_open_ || more_has_arrived());
}

asio::awaitable<Connection::Request> Connection::async_read()
{
    while (!feed_leftover()) {
        const auto [error, count] = co_await socket_.async_read_some(asio::buffer(buffer_), as_result);
        if (error == asio::error::operation_aborted && !expired_ && !turned_away_) {
            continue; // cancelled: the next co_await throws
        }
        if (error) {
            co_return at_end(error);
        }
        leftover_.assign(buffer_.data(), count);
    }
    if (framer_.state() == Framer::State::failed) {
        fault_ = "bad command: " + framer_.error().message();
        co_return Request::faulty;
    }
    co_return Request::arrived;
}

// True once an object is complete, or cannot become one.
bool Connection::feed_leftover()
{
    leftover_.erase(0, framer_.feed(leftover_));
    return framer_.state() == Framer::State::complete || framer_.state() == Framer::State::failed;
}

Connection::Request Connection::at_end(boost::system::error_code error)
{
    const bool empty = framer_.state() == Framer::State::empty;
    if (expired_ && !(empty && answered_)) {
        fault_ = "no complete command within " + seconds_of(limits_.read_timeout) + " (" +
                 std::to_string(framer_.size()) + " bytes so far)";
        return Request::faulty;
    }
    if (error == asio::error::eof && !empty) {
        fault_ = "bad command: the JSON object ends too early, after " + std::to_string(framer_.size()) + " bytes";
        return Request::faulty;
    }
    return Request::none;
}

// A small answer fits the socket's buffer: nothing is in it where no request is under way.
void Connection::turn_away(const std::string& why)
{
    turned_away_ = true;
    clear_deadline(); // which cancels what a closed socket has no more
    const auto text = json::serialize(make_response(ResultCode::error, why)) + '\n';
    (void)::send(socket_.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    boost::system::error_code ignored;
    socket_.close(ignored);
}

asio::awaitable<json::object> Connection::async_answer()
{
    auto command = parse_command(framer_.take());
    if (!command) {
        keep_open_ = false;
        co_return make_response(ResultCode::error, "bad command: " + command.error().message());
    }
    keep_open_ = command->keep_open;
    command->peer = peer_;
    auto handled = async_handle(*command);
    auto response = co_await std::move(handled);
    log_change(*command, response);
    co_return response;
}

asio::awaitable<json::object> Connection::async_handle(Command command)
{
    const std::string name = command.name;
    std::exception_ptr failure;
    try {
        auto task = handler_.streams(command) ? handler_.async_stream(std::move(command), this)
                                              : handler_.async_handle(std::move(command));
        auto response = co_await std::move(task);
        co_return response;
    } catch (const std::exception&) {
        failure = std::current_exception();
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        turn_away("keavrfd stops: '" + name + "' is given up before its end");
        std::rethrow_exception(failure);
    }
    const auto text = text_of(failure);
    log::error("control.handler", "", "a command failed in an unexpected way", {{"command", name}, {"error", text}});
    co_return make_response(ResultCode::error, "'" + name + "' failed: " + text);
}

asio::awaitable<Result<void>> Connection::async_write(json::object object)
{
    // Names that are no UTF-8 (the kernel allows them) must not make the answer unreadable.
    const std::string text = replace_invalid_utf8(json::serialize(object)) + '\n';
    set_deadline(limits_.write_timeout);
    const auto [error, count] = co_await asio::async_write(socket_, asio::buffer(text), as_result);
    clear_deadline();
    if (!error) {
        co_return Result<void>();
    }
    if (expired_) {
        co_return Error("the client did not read " + std::to_string(text.size() - count) + " bytes within " +
                        seconds_of(limits_.write_timeout));
    }
    co_return Error::from_code("cannot answer", error);
}

asio::awaitable<void> Connection::async_discard_rest()
{
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
    set_deadline(discard_time);
    std::size_t discarded = 0;
    while (!expired_ && discarded < discard_bytes) {
        const auto [error, count] = co_await socket_.async_read_some(asio::buffer(buffer_), as_result);
        if (error) {
            co_return;
        }
        discarded += count;
    }
}

// A command that was sent right behind the one before; white space is none.
bool Connection::more_has_arrived()
{
    while (leftover_.find_first_not_of(" \t\r\n") == std::string::npos) {
        const auto count = ::recv(socket_.native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (count <= 0) {
            return false;
        }
        leftover_.assign(buffer_.data(), static_cast<std::size_t>(count));
    }
    return true;
}

void Connection::set_deadline(std::chrono::milliseconds timeout)
{
    expired_ = false;
    timer_.expires_after(timeout);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        const auto self = weak.lock();
        if (!error && self) {
            self->check_deadline();
        }
    });
}

void Connection::clear_deadline()
{
    timer_.expires_at(Clock::time_point::max());
}

void Connection::check_deadline()
{
    // A deadline that has been cleared or moved may still have its old event on the way.
    if (timer_.expiry() <= Clock::now()) {
        expired_ = true;
        socket_.cancel();
    }
}

} // namespace keavrf::control
