// The relay agent information option as this relay adds it on one port, and takes it away again: RFC 3046 2.1 with the
// sub-options of RFC 3046 3.1 and 3.2, 3527, 5010, 5107 and 6607. Made once for a port; nothing is built for a packet
// but for a client behind a downstream relay. Pure.
#pragma once

#include "core/ip_address.hpp"
#include "dhcp/message4.hpp"
#include "dhcp/option82.hpp"
#include "relay/port_config.hpp"

#include <cstdint>
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

class OwnOption82 {
public:
    OwnOption82() = default;
    // `client_address`: by which clients know this relay, and the link they are on.
    OwnOption82(const PortConfig& config, const Names& names, Ipv4Address client_address);

    // Puts it into the message by the port's policy. False where it did not fit: the message then has what the client
    // sent (replace: nothing). `limit` is the longest that the message may become.
    bool add_to(dhcp::Message4& message, const Circuit& circuit, std::size_t limit) const noexcept;
    // Takes away what add_to() put there, and nothing else. `kept`: the client's own was kept, none is ours.
    void strip_from(dhcp::Message4& message, bool kept) const noexcept;

    [[nodiscard]] const std::string& circuit_id() const noexcept { return circuit_id_; }
    [[nodiscard]] const std::string& remote_id() const noexcept { return remote_id_; }

private:
    struct Value {
        std::span<const std::uint8_t> bytes;
        bool fits; // otherwise they are cut short
    };
    void identify(const PortConfig& config, const Names& names);
    [[nodiscard]] dhcp::SubOptionWriter build(const Circuit& circuit) const noexcept;
    bool put(dhcp::Message4& message, const Value& own, std::size_t limit) const noexcept;
    [[nodiscard]] std::size_t own_part(std::span<const std::uint8_t> option) const noexcept;

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
