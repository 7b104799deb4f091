#include "control/server.hpp"

#include "control/connection.hpp"
#include "control/places.hpp"
#include "core/exception_text.hpp"
#include "core/log.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <exception>
#include <memory>

namespace keavrf::control {

namespace json = boost::json;

namespace {

// How many connections are taken in one turn, so that a flood of them leaves time for packets.
constexpr int accept_batch = 16;
constexpr std::chrono::milliseconds accept_pause{100};

Occupant occupant_of(const std::shared_ptr<Connection>& connection)
{
    return {connection->of_root(), connection->idle_since()};
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

Server::~Server() = default;

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

// What is short of something here costs this client alone.
void Server::start(UniqueFd descriptor)
{
    std::shared_ptr<Connection> connection;
    try {
        connection = std::make_shared<Connection>(acceptor_.get_executor(), std::move(descriptor), handler_, limits_);
        if (!make_room(connection->of_root())) {
            connection->turn_away("all " + std::to_string(limits_.connections) +
                                  " connections of the control channel are in use: try again");
            return;
        }
        connections_.push_back(connection);
        tasks_.spawn("control connection", serve(connection));
    } catch (const std::exception& error) {
        forget(connection.get());
        log::warning("control.accept", "", "a connection cannot be served", {{"error", error.what()}});
    }
}

bool Server::make_room(bool root)
{
    std::vector<Occupant> occupants(connections_.size());
    std::transform(connections_.begin(), connections_.end(), occupants.begin(), occupant_of);
    const auto admission = admit(occupants, root, {limits_.connections, limits_.connections_of_root});
    if (admission.gives_way) {
        const auto one = connections_.begin() + static_cast<std::ptrdiff_t>(*admission.gives_way);
        (*one)->turn_away("this connection asked nothing for longest, and all are in use: another one has it now (try "
                          "again)");
        connections_.erase(one);
    }
    return admission.admitted;
}

asio::awaitable<void> Server::serve(std::shared_ptr<Connection> connection)
{
    const auto forget_it = [this](const Connection* one) { forget(one); };
    const std::unique_ptr<const Connection, decltype(forget_it)> listed(connection.get(), forget_it);
    try {
        co_await connection->run();
    } catch (const std::exception&) {
        const auto failure = std::current_exception();
        if (is_cancellation(failure)) {
            throw;
        }
        log::error("control.connection", "", "a connection failed in an unexpected way", {{"error", text_of(failure)}});
    }
}

void Server::forget(const Connection* connection)
{
    std::erase_if(connections_, [connection](const auto& one) { return one.get() == connection; });
}

} // namespace keavrf::control
