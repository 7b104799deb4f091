#include "kea/control_channel.hpp"

#include "core/deadline.hpp"
#include "core/unique_fd.hpp"
#include "kea/reply_budget.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <vector>

namespace keavrf::kea {

namespace json = boost::json;
using Socket = asio::local::stream_protocol::socket;

namespace {

// From its listen(2) until it is ready Kea takes some 3 ms.
constexpr std::chrono::milliseconds longest_silence{20};

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
    Socket made(executor);
    boost::system::error_code error;
    made.assign(asio::local::stream_protocol(), socket.get(), error);
    if (error) {
        return Error::from_code("cannot watch a socket", error);
    }
    static_cast<void>(socket.release()); // the Asio socket has it now
    return made;
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

std::string size_text(std::size_t bytes)
{
    return bytes < (std::size_t{1} << 20U) ? std::to_string(bytes >> 10U) + " KiB"
                                           : std::to_string(bytes >> 20U) + " MiB";
}

// One JSON value out of pieces, for no more than the command's answer may cost.
class ReplyReader {
public:
    explicit ReplyReader(const ReplyBudget& budget)
        : budget_(budget), allowance_(std::make_shared<MemoryAllowance>(MemoryAllowance{budget.memory})),
          storage_(json::make_shared_resource<BoundedMemory>(allowance_)), parser_(storage_, options())
    {
        parser_.reset(storage_);
    }

    [[nodiscard]] bool done() const noexcept { return parser_.done(); }

    Result<void> read(const char* bytes, std::size_t count)
    {
        total_ += count;
        if (total_ > budget_.text) {
            return too_large("is larger than " + size_text(budget_.text));
        }
        try {
            boost::system::error_code malformed;
            parser_.write_some(bytes, count, malformed);
            return malformed ? Result<void>(Error::from_code("the answer is not JSON", malformed)) : Result<void>();
        } catch (const std::bad_alloc&) {
            return too_large("takes more than " + size_text(budget_.memory) + " of memory");
        }
    }
    json::value take()
    {
        auto value = parser_.release();
        allowance_->bounded = false;
        return value;
    }

private:
    static json::parse_options options()
    {
        json::parse_options options;
        options.max_depth = 64;
        return options;
    }
    static Error too_large(const std::string& what)
    {
        return Error::from_errno("the answer " + what, EMSGSIZE)
            .hint("leases can be had in pages, by lease4-get-page with a small limit");
    }

    ReplyBudget budget_;
    std::shared_ptr<MemoryAllowance> allowance_;
    json::storage_ptr storage_;
    std::size_t total_ = 0;
    json::stream_parser parser_;
};

// What follows the value is not waited for, since Kea closes only afterwards.
asio::awaitable<Result<json::value>> async_read_reply(Socket* socket, const Deadline* deadline, ReplyBudget budget)
{
    ReplyReader reader(budget);
    std::vector<char> buffer(65536);
    while (!reader.done()) {
        const auto [error, count] = co_await socket->async_read_some(asio::buffer(buffer), as_result);
        if (error) {
            const bool closed = error == asio::error::eof;
            co_return closed ? Error(error, "the connection was closed before the whole answer had come")
                             : channel_error("reading the answer", error, *deadline);
        }
        const auto read = reader.read(buffer.data(), count);
        if (!read) {
            co_return read.error();
        }
    }
    co_return reader.take();
}

using Endpoint = asio::local::stream_protocol::endpoint;

// Another connection, which says nothing, where the first one has no answer yet; it stays until this goes.
class Knock {
public:
    Knock(const asio::any_io_executor& executor, Endpoint endpoint, Clock::duration delay) : timer_(executor)
    {
        if (delay == Clock::duration::max()) {
            return;
        }
        timer_.expires_after(delay);
        // The handler may already be queued when this object goes.
        timer_.async_wait([state = state_, executor, endpoint](const boost::system::error_code& error) {
            if (!error && state->armed) {
                knock(*state, executor, endpoint);
            }
        });
    }
    Knock(const Knock&) = delete;
    Knock& operator=(const Knock&) = delete;
    ~Knock() { state_->armed = false; }

private:
    struct State {
        bool armed = true;
        Result<Socket> socket = Error("none yet");
    };

    // For want of anything there is none.
    static void knock(State& state, const asio::any_io_executor& executor, const Endpoint& endpoint) noexcept
    {
        try {
            state.socket = make_socket(executor);
            if (state.socket) {
                boost::system::error_code ignored; // who is gone needs none
                state.socket->connect(endpoint, ignored);
            }
        } catch (const std::exception&) {
            state.armed = false;
        }
    }

    std::shared_ptr<State> state_ = std::make_shared<State>();
    asio::steady_timer timer_;
};

asio::awaitable<Result<json::value>> async_exchange(std::string path, std::string request, ReplyBudget budget,
                                                    Clock::duration timeout, Clock::duration knock_after)
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
    const Endpoint endpoint("/proc/self/fd/" + std::to_string(file->get()));
    const Knock knock(executor, endpoint, knock_after);
    const auto [connect_error] = co_await socket->async_connect(endpoint, as_result);
    if (connect_error) {
        co_return channel_error("cannot connect", connect_error, deadline);
    }
    const auto [write_error, written] = co_await asio::async_write(*socket, asio::buffer(request), as_result);
    if (write_error) {
        co_return channel_error("sending the command", write_error, deadline);
    }
    auto reply = co_await async_read_reply(&*socket, &deadline, budget);
    co_return reply;
}

} // namespace

bool is_own_shortage(const Error& error)
{
    // ENOSPC: epoll(7), where its user may watch no more descriptors.
    return error.is(EMFILE) || error.is(ENFILE) || error.is(ENOMEM) || error.is(ENOBUFS) || error.is(ENOSPC);
}

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

asio::awaitable<Result<json::value>> ControlChannel::async_ask_starting(Clock::duration timeout) const
{
    json::object request;
    request["command"] = "status-get";
    return async_send(std::move(request), timeout, longest_silence);
}

asio::awaitable<Result<json::value>> ControlChannel::async_request(json::object request, Clock::duration timeout) const
{
    return async_send(std::move(request), timeout, Clock::duration::max());
}

asio::awaitable<Result<json::value>> ControlChannel::async_send(json::object request, Clock::duration timeout,
                                                                Clock::duration knock_after) const
{
    // A copy: the channel may go away while the exchange runs.
    const auto path = path_;
    const auto* command = request.if_contains("command");
    const bool named = command != nullptr && command->is_string();
    const auto budget = reply_budget(named ? std::string_view(command->get_string()) : std::string_view());
    auto text = json::serialize(request);
    request.clear();
    auto reply = co_await async_exchange(path, std::move(text), budget, timeout, knock_after);
    if (!reply) {
        co_return reply.error().in("Kea's control channel " + path);
    }
    co_return reply;
}

} // namespace keavrf::kea
