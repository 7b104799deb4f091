// The one socket behind a Client and its copies: carries out requests one at a time.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/semaphore.hpp"
#include "netlink/client.hpp"
#include "netlink/exchange.hpp"
#include "netlink/protocol.hpp"
#include "netlink/requests.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace keavrf::netlink {

class Connection {
public:
    Connection(const asio::any_io_executor& executor, UniqueFd socket, ClientOptions options);

    // The messages of the answer, without the acknowledgement. Keeps the connection alive while it runs; errors and
    // cancellation as client.hpp says.
    static asio::awaitable<Result<std::vector<std::uint8_t>>> async_transact(std::shared_ptr<Connection> self,
                                                                             Request request);

private:
    class Deadline;

    asio::awaitable<Result<void>> async_answer(Exchange* exchange, const Request* request);
    Result<void> send(Request& request, std::uint32_t sequence);
    Result<void> received(Exchange& exchange, std::size_t size) const;
    void discard_late_answers();

    ClientOptions options_;
    Semaphore turn_;
    Protocol::socket socket_;
    asio::steady_timer timer_;
    std::vector<std::uint8_t> buffer_;
    Endpoint sender_;
    std::uint32_t sequence_ = 0;
    std::uint64_t deadline_ = 0; // which deadline the timer runs for
    bool timed_out_ = false;
    bool answer_pending_ = false; // something was sent whose answer has not been read to its end
};

} // namespace keavrf::netlink
