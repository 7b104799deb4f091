// Why a packet went no further. The names are metrics labels: stable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keavrf::relay {

enum class DropReason : std::uint8_t {
    // Either direction.
    malformed,   // not a DHCP message (RFC 2131 2), or an option runs past the end
    truncated,   // longer than any message we take
    send_failed, // the kernel did not take it (no buffer, no route, link down)
    socket_full, // the kernel had no room for it: more came than is read
    moved,       // heard on an interface that had left this VRF
    // From clients.
    bad_address,        // ciaddr or giaddr that no client and no relay can have
    hops,               // RFC 1542 4.1.1
    rate,               // over the port's limit
    bootp,              // RFC 951 without option 53, not switched on
    lease_query,        // RFC 4388, not from a relay behind a trusted interface
    spoofed_giaddr,     // giaddr is one of this VRF's own addresses
    untrusted_relay,    // giaddr set, interface not trusted
    untrusted_option82, // RFC 3046 2.1: option 82 without giaddr from an untrusted circuit
    no_giaddr,          // the interface has no address to be answered at
    off_link,           // a unicast renewal from no subnet that this port may speak for
    no_server,          // no Kea serves
    queue_full,         // held for a reload, and too many or too large ones are
    server_busy,        // more than Kea keeps up with (admission.hpp)
    // From the server.
    not_from_server, // another source than this VRF's Kea
    not_reply,       // op is not BOOTREPLY
    unknown_giaddr,  // answers nobody we know of
    no_port,         // several ports share the giaddr, and nothing tells them apart
};

inline constexpr std::size_t drop_reason_count = 22;

std::string_view name(DropReason reason) noexcept;

} // namespace keavrf::relay
