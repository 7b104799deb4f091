// A server in place of Kea, which answers when and what a test says; and a tenant's plain socket, for bytes that no
// client would send.
#pragma once

#include "core/unique_fd.hpp"
#include "relay_lab.hpp"

#include <optional>

namespace keavrf::test {

class FakeServer {
public:
    // On port 67 of the domain's Kea namespace; the domain was made with Options::with_kea off.
    explicit FakeServer(const RelayDomain& domain) : FakeServer(domain.kea_namespace(), domain.kea_address()) {}
    // In any namespace, with this address of its own.
    FakeServer(int network_namespace, Ipv4Address own);

    // The next message, waited for; empty where none came in time.
    std::optional<DhcpMessage> receive();
    // What Kea would answer: giaddr, xid, chaddr, flags and option 82 of the request, its own address in option 54.
    [[nodiscard]] DhcpMessage answer(const DhcpMessage& request, std::uint8_t type, Ipv4Address yiaddr) const;
    // To port 67 of `to`, as Kea sends to a giaddr.
    void send(const DhcpMessage& message, Ipv4Address to) { send(message.encode(), to); }
    void send(const Bytes& bytes, Ipv4Address to);

private:
    Ipv4Address own_;
    UniqueFd socket_;
};

// UDP from 0.0.0.0:68 of a client's eth0 to 255.255.255.255:67: any bytes, any number.
class TenantSocket {
public:
    explicit TenantSocket(int network_namespace);
    void broadcast(const Bytes& bytes) const;

private:
    UniqueFd socket_;
};

} // namespace keavrf::test
