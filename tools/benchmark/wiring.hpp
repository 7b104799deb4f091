// The bench's machine, made anew for each contestant: clients, relay and server in namespaces of their own, as a
// tenant, a host (the sandbox itself) and a Kea namespace are. All by netlink; it goes with the object.
//
//   clients: gen0 --- cli: host, 10.1.0.1/16      host (or hub): up, 169.254.1.1/30 --- kea0, 169.254.1.2: server
#pragma once

#include "core/unique_fd.hpp"
#include "support/network.hpp"

namespace keavrf::bench {

inline const Ipv4Address gateway{0x0a010001U};
inline const Ipv4Address relay_address{0xa9fe0101U};
inline const Ipv4Address server_address{0xa9fe0102U};

// Where the relay's end of the server's pair lies.
enum class Uplink {
    in_host, // for relays that know one namespace
    in_hub,  // for keavrfd: DESIGN section 4
    alone    // no relay: the host's end speaks for it, and answers nothing by itself
};

class Wiring {
public:
    explicit Wiring(Uplink uplink);
    Wiring(const Wiring&) = delete;
    Wiring& operator=(const Wiring&) = delete;
    ~Wiring();

    [[nodiscard]] int clients() const noexcept { return clients_.fd(); }
    [[nodiscard]] int server() const noexcept { return server_.fd(); }
    [[nodiscard]] int hub() const noexcept { return hub_.fd(); }
    [[nodiscard]] int host() const noexcept { return home_.get(); }
    // Where the relay's end of the server's pair lies.
    [[nodiscard]] int uplink_namespace() const noexcept { return uplink_side_ == Uplink::in_hub ? hub() : host(); }
    // The host's client interface, and the relay's end of the server's pair.
    [[nodiscard]] const netlink::Link& client_side() const noexcept { return client_side_; }
    [[nodiscard]] InterfaceIndex uplink() const noexcept { return uplink_; }

    static const test::Mac relay_mac;
    static const test::Mac server_mac;
    static const test::Mac gateway_mac;

private:
    Uplink uplink_side_;
    UniqueFd home_;
    test::ClientNamespace clients_;
    test::ClientNamespace server_;
    test::ClientNamespace hub_;
    netlink::Link client_side_;
    InterfaceIndex uplink_;
};

} // namespace keavrf::bench
