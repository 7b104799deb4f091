// The sockets towards one instance's Kea, in the hub: port 67 for what Kea sends to a relay, port 68 for what it sends
// to a client (the answer to a DHCPINFORM, to ciaddr:68), and, shared with all others, one for frames to Kea. The first
// two are bound to 0.0.0.0 and to the relay's end of the pair; the hub's any-address route makes every destination
// local (DESIGN section 4).
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"
#include "relay/frame_senders.hpp"

#include <boost/asio/ip/udp.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace keavrf::relay {

class Uplink {
public:
    // Opens all inside the namespace of the descriptor, which is borrowed. Failures read "uplink <name>: ...".
    static Result<std::shared_ptr<Uplink>> open(const asio::any_io_executor& executor, int hub_namespace,
                                                InterfaceIndex index, const std::string& name, FrameSenders& senders);
    Uplink(const asio::any_io_executor& executor, InterfaceIndex index, UniqueFd server_side, UniqueFd client_side,
           std::shared_ptr<FrameSender> frames);

    // Port 67: hears what Kea sends to relays, and sends to Kea what no frame can bear.
    [[nodiscard]] asio::ip::udp::socket& server_side() noexcept { return server_side_; }
    // Port 68: hears what Kea sends to clients.
    [[nodiscard]] asio::ip::udp::socket& client_side() noexcept { return client_side_; }
    // Sends frames in the hub.
    [[nodiscard]] int frames() const noexcept { return frames_->descriptor(); }
    // The relay's end of the pair.
    [[nodiscard]] InterfaceIndex index() const noexcept { return index_; }
    [[nodiscard]] bool is_open() const noexcept { return server_side_.is_open(); }
    // Whoever waits on them gets operation_aborted.
    void close() noexcept;

    // What the kernel had no room for, as far as it is counted already: server side, client side.
    std::array<std::uint32_t, 2> overflow{};

private:
    asio::ip::udp::socket server_side_;
    asio::ip::udp::socket client_side_;
    std::shared_ptr<FrameSender> frames_;
    InterfaceIndex index_;
};

} // namespace keavrf::relay
