#include "control/server.hpp"

#include "control/connection.hpp"
#include "core/exception_text.hpp"
#include "core/log.hpp"

#include <boost/json/serialize.hpp>

#include <sys/socket.h>

#include <exception>
#include <memory>

namespace keavrf::control {

namespace json = boost::json;

namespace {

// How many connections are taken in one turn, so that a flood of them leaves time for packets.
constexpr int accept_batch = 16;
constexpr std::chrono::milliseconds accept_pause{100};

// Gives back, when a connection's coroutine ends, what start() counted.
class ConnectionCount {
public:
    explicit ConnectionCount(std::size_t& count) : count_(count) {}
    ConnectionCount(const ConnectionCount&) = delete;
    ConnectionCount& operator=(const ConnectionCount&) = delete;
    ~ConnectionCount() { --count_; }

private:
    std::size_t& count_;
};

// A small answer always fits a fresh socket's buffer.
void refuse(const UniqueFd& client, std::size_t limit)
{
    const auto response =
        make_response(ResultCode::error,
                      "all " + std::to_string(limit) + " connections of the control channel are in use: try again");
    const auto text = json::serialize(response) + '\n';
    (void)::send(client.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

} // namespace

Writer::~Writer() = default;
Handler::~Handler() = default;

bool Handler::streams(const Command& /*command*/) const
{
    return false;
}

asio::awaitable<json::object> Handler::async_stream(Command command, Writer* /*writer*/)
{
    auto task = async_handle(std::move(command));
    auto response = co_await std::move(task);
    co_return response;
}

Server::Server(const asio::any_io_executor& executor, Listener listener, Handler& handler, ServerLimits limits)
    : listener_(std::move(listener)), acceptor_(executor, listener_->take_descriptor().release()), handler_(handler),
      limits_(limits), tasks_(executor)
{
}

asio::awaitable<void> Server::run()
{
    tasks_.spawn("control listener", accept_all());
    co_await tasks_.async_join();
}

// accept_all() waits on the new one after its pause: the wait on the old one ends with an error.
Result<void> Server::listen_on(Listener listener)
{
    accept_ready(); // who has connected before the file went
    listener_.emplace(std::move(listener));
    auto descriptor = listener_->take_descriptor();
    boost::system::error_code error;
    acceptor_.close(error);
    acceptor_.assign(descriptor.get(), error);
    if (error) {
        return Error::from_code("control socket " + listener_->path(), error);
    }
    (void)descriptor.release();
    return {};
}

asio::awaitable<void> Server::accept_all()
{
    while (true) {
        const auto [error] = co_await acceptor_.async_wait(asio::posix::descriptor_base::wait_read, as_result);
        const bool usable = !error && accept_ready();
        if (!usable) {
            co_await async_sleep(accept_pause);
        }
    }
}

// False where the process is short of something, and accepting again at once would fail again.
bool Server::accept_ready()
{
    for (int accepted = 0; accepted < accept_batch; ++accepted) {
        UniqueFd client(::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (client) {
            accept_failing_ = false;
            start(std::move(client));
            continue;
        }
        if (errno == EAGAIN) {
            return true;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            const auto error = Error::from_errno("cannot accept a connection of the control channel");
            if (!accept_failing_) {
                log::warning("control.accept", "", error.message());
            }
            accept_failing_ = true;
            return false;
        }
    }
    return true;
}

void Server::start(UniqueFd descriptor)
{
    if (connections_ >= limits_.connections) {
        refuse(descriptor, limits_.connections);
        return;
    }
    ++connections_;
    tasks_.spawn("control connection", serve(std::move(descriptor)));
}

asio::awaitable<void> Server::serve(UniqueFd descriptor)
{
    const ConnectionCount counted(connections_);
    const auto executor = co_await asio::this_coro::executor;
    try {
        const auto connection = std::make_shared<Connection>(executor, std::move(descriptor), handler_, limits_);
        co_await connection->run();
    } catch (const std::exception&) {
        const auto failure = std::current_exception();
        if (is_cancellation(failure)) {
            throw;
        }
        log::error("control.connection", "", "a connection failed in an unexpected way", {{"error", text_of(failure)}});
    }
}

} // namespace keavrf::control
