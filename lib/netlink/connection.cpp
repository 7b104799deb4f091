#include "netlink/connection.hpp"

#include <sys/socket.h>

namespace keavrf::netlink {

namespace {

// The kernel fills at most 32 KiB of a dump into one datagram; single messages may be longer.
constexpr std::size_t buffer_size = 65536;

} // namespace

// Cancels what the socket waits for when the time is over. The timer's handler may already be queued when it is
// stopped, so each deadline has a number.
class Connection::Deadline {
public:
    Deadline(Connection& connection, std::weak_ptr<Connection> weak) : connection_(connection)
    {
        connection_.timed_out_ = false;
        connection_.timer_.expires_after(connection_.options_.timeout);
        auto expired = [weak = std::move(weak), number = ++connection_.deadline_](boost::system::error_code error) {
            const auto alive = weak.lock();
            if (!error && alive && alive->deadline_ == number) {
                alive->timed_out_ = true;
                alive->socket_.cancel(error);
            }
        };
        connection_.timer_.async_wait(std::move(expired));
    }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    Deadline(Deadline&&) = delete;
    Deadline& operator=(Deadline&&) = delete;
    ~Deadline()
    {
        ++connection_.deadline_;
        connection_.timer_.cancel();
    }

private:
    Connection& connection_;
};

Connection::Connection(const asio::any_io_executor& executor, UniqueFd socket, ClientOptions options)
    : options_(options), turn_(executor, 1), socket_(executor), timer_(executor), buffer_(buffer_size)
{
    socket_.assign(Protocol(), socket.get());
    (void)socket.release();
    socket_.non_blocking(true);
}

asio::awaitable<Result<std::vector<std::uint8_t>>> Connection::async_transact(std::shared_ptr<Connection> self,
                                                                              Request request)
{
    const auto turn = co_await self->turn_.async_acquire();
    const Deadline deadline(*self, self);
    for (unsigned attempt = 0; attempt < self->options_.max_dump_attempts; ++attempt) {
        self->discard_late_answers();
        Exchange exchange(++self->sequence_);
        auto sent = self->send(request, self->sequence_);
        if (!sent) {
            co_return sent.error();
        }
        auto answered = co_await self->async_answer(&exchange, &request);
        if (!answered) {
            co_return answered.error();
        }
        if (exchange.state() == Exchange::State::failed) {
            co_return exchange.error(request.what());
        }
        if (exchange.state() == Exchange::State::done) {
            co_return exchange.take_replies();
        }
    }
    co_return Error::from_errno(request.what(), EINTR).hint("it kept changing while it was read");
}

Result<void> Connection::send(Request& request, std::uint32_t sequence)
{
    const auto bytes = request.message().finish(sequence);
    if (bytes.empty()) {
        return Error::from_errno(request.what(), EINVAL).hint("a name with a NUL, or a request of excessive size");
    }
    boost::system::error_code error;
    answer_pending_ = true;
    socket_.send_to(asio::buffer(bytes.data(), bytes.size()), Endpoint(), 0, error);
    if (error) {
        return Error::from_code(request.what(), error).in("netlink: cannot send");
    }
    return {};
}

asio::awaitable<Result<void>> Connection::async_answer(Exchange* exchange, const Request* request)
{
    // The deadline may pass while a datagram is looked at; then nobody is there to be cancelled.
    while (exchange->state() == Exchange::State::waiting && !timed_out_) {
        // With MSG_TRUNC the size is that of the whole datagram, however much of it fits.
        auto [error, size] = co_await socket_.async_receive_from(asio::buffer(buffer_), sender_, MSG_TRUNC, as_result);
        if (error == asio::error::operation_aborted && timed_out_) {
            break;
        }
        if (error) {
            co_return Error::from_code(request->what(), error);
        }
        auto accepted = received(*exchange, size);
        if (!accepted) {
            co_return accepted.error().in(request->what());
        }
    }
    if (exchange->state() == Exchange::State::waiting) {
        co_return Error::from_errno(request->what(), ETIMEDOUT).hint("the kernel did not answer");
    }
    answer_pending_ = false;
    co_return Result<void>();
}

Result<void> Connection::received(Exchange& exchange, std::size_t size) const
{
    if (!sender_.is_kernel()) {
        return {};
    }
    if (size > buffer_.size()) {
        return Error::from_errno("an answer of " + std::to_string(size) + " bytes", EMSGSIZE);
    }
    exchange.feed(Bytes(buffer_).first(size));
    return {};
}

// A request that timed out or was cancelled may still be answered; and a dump goes on only while it is read, and keeps
// the next one out (EBUSY) until it has ended.
void Connection::discard_late_answers()
{
    while (answer_pending_) {
        boost::system::error_code error;
        socket_.receive_from(asio::buffer(buffer_), sender_, 0, error);
        // ENOBUFS only tells that something was lost.
        answer_pending_ = !error || error == boost::system::errc::no_buffer_space;
    }
}

} // namespace keavrf::netlink
