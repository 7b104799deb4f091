// The UDP socket of one client interface: 0.0.0.0:67, bound to the interface before it is bound to the address, so
// that it hears what comes in there and nothing else. It stays in the namespace where it was opened.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"

#include <boost/asio/ip/udp.hpp>

#include <string>

namespace keavrf::relay {

// In the current namespace; CLOEXEC, non-blocking, bound by index (SO_BINDTOIFINDEX), so a rename changes nothing.
Result<UniqueFd> open_port_socket(InterfaceIndex index);

class PortSocket {
public:
    // Failures read "port eth1: cannot bind 0.0.0.0:67: ...".
    static Result<std::shared_ptr<PortSocket>> open(const asio::any_io_executor& executor, InterfaceIndex index,
                                                    const std::string& name);
    PortSocket(const asio::any_io_executor& executor, InterfaceIndex index, UniqueFd socket);

    // Waits until there is something to read; the error is operation_aborted once closed.
    asio::awaitable<boost::system::error_code> async_readable();
    [[nodiscard]] int descriptor() { return socket_.native_handle(); }
    [[nodiscard]] InterfaceIndex index() const noexcept { return index_; }
    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
    void close() noexcept;

    // Failures in a row; reset by what succeeds.
    unsigned failures = 0;

private:
    InterfaceIndex index_;
    asio::ip::udp::socket socket_;
};

} // namespace keavrf::relay
