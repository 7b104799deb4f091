// The sockets towards one instance's Kea, in the hub: port 67 for what Kea sends to a relay, port 68 for what it sends
// to a client (the answer to a DHCPINFORM, to ciaddr:68). Bound to 0.0.0.0 and to the relay's end of the pair; the
// hub's any-address route makes every destination local (DESIGN section 4).
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/ip_address.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"

#include <boost/asio/ip/udp.hpp>

#include <memory>
#include <string>

namespace keavrf::relay {

class Uplink {
public:
    // Opens both inside the namespace of the descriptor, which is borrowed. Failures read "uplink <name>: ...".
    static Result<std::shared_ptr<Uplink>> open(const asio::any_io_executor& executor, int hub_namespace,
                                                InterfaceIndex index, const std::string& name);
    Uplink(const asio::any_io_executor& executor, UniqueFd server_side, UniqueFd client_side);

    // `client_side`: the socket on port 68. The error is operation_aborted once closed.
    asio::awaitable<boost::system::error_code> async_readable(bool client_side);
    [[nodiscard]] int descriptor(bool client_side);
    [[nodiscard]] bool is_open() const noexcept { return server_side_.is_open(); }
    void close() noexcept;

private:
    asio::ip::udp::socket server_side_;
    asio::ip::udp::socket client_side_;
};

} // namespace keavrf::relay
