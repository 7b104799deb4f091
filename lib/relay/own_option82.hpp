// The relay agent information option as this relay adds it on one port, and takes it away again: RFC 3046 2.1 with the
// sub-options of RFC 3046 3.1 and 3.2, 3527, 5010, 5107 and 6607. Made once for a port; nothing is built for a packet
// but for a client behind a downstream relay. Pure.
#pragma once

#include "core/ip_address.hpp"
#include "dhcp/message4.hpp"
#include "dhcp/option82.hpp"
#include "relay/own_part.hpp"
#include "relay/port_config.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace keavrf::relay {

struct Names {
    std::string vrf;
    std::string host;
};

// How a message came in, as far as option 82 tells the server.
struct Circuit {
    bool unicast = false; // to an address of ours (RFC 5010)
    // The client's address, where it is behind a downstream relay: it selects the link (RFC 3527), giaddr cannot.
    std::optional<Ipv4Address> beyond;
};

// In bytes.
struct Option82Limits {
    std::size_t longer = 0;  // the longest that option 82 may make a message
    std::size_t as_long = 0; // the longest that may have its option 82 replaced where that makes it no longer
};

class OwnOption82 {
public:
    OwnOption82() = default;
    // `client_address`: by which clients know this relay, and the link they are on.
    OwnOption82(const PortConfig& config, const Names& names, Ipv4Address client_address);

    struct Added {
        bool fits; // otherwise the message has what the client sent (replace: nothing)
        OwnPart own;
    };
    // Puts it into the message by the port's policy. Beside the client's sub-options (append) go those of ours whose
    // code it has not: a server takes each code once (Kea joins the values of one code, and sorts by code what it
    // echoes).
    Added add_to(dhcp::Message4& message, const Circuit& circuit, const Option82Limits& limits) const noexcept;
    // Takes away what add_to() put there, and nothing else; where its exchange is not known any more, what equals ours.
    void strip_from(dhcp::Message4& message, std::optional<OwnPart> own) const noexcept;

    [[nodiscard]] const std::string& circuit_id() const noexcept { return circuit_id_; }
    [[nodiscard]] const std::string& remote_id() const noexcept { return remote_id_; }

private:
    struct Value {
        std::span<const std::uint8_t> bytes;
        bool fits; // otherwise they are cut short
    };
    void identify(const PortConfig& config, const Names& names);
    [[nodiscard]] dhcp::SubOptionWriter build(const Circuit& circuit) const noexcept;
    Added put(dhcp::Message4& message, const Value& own, const Option82Limits& limits) const noexcept;
    [[nodiscard]] bool equals_ours(const dhcp::SubOption& found, Ipv4Address ciaddr) const noexcept;

    config::RelaySettings settings_;
    Ipv4Address client_address_;
    std::string circuit_id_; // templates expanded
    std::string remote_id_;
    std::vector<std::uint8_t> identifiers_; // those two as sub-options
    std::vector<std::uint8_t> vss_;         // value of sub-option 151; empty: not sent
    // The whole value for a client on the link, by how its message came; `fits_`: not longer than an option can be.
    std::vector<std::uint8_t> for_broadcast_;
    std::vector<std::uint8_t> for_unicast_;
    bool fits_ = true;
};

} // namespace keavrf::relay
