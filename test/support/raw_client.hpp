// A DHCP client at frame level, on one interface of one namespace: it sends what a test tells it, right or wrong, with
// any hardware address, and remembers every DHCP frame that comes by. It answers ARP for the addresses it holds.
#pragma once

#include "core/unique_fd.hpp"
#include "support/dhcp_packet.hpp"
#include "support/wait.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keavrf::test {

struct Lease {
    Ipv4Address address;
    Ipv4Address server_id;
    DhcpFrame ack;
};

class RawClient {
public:
    using Predicate = std::function<bool(const DhcpFrame&)>;

    // The namespace is borrowed for the call. The socket hears everything, whatever address it is sent to.
    RawClient(int network_namespace, const std::string& interface, const Mac& address);

    [[nodiscard]] const Mac& address() const noexcept { return address_; }
    // From now on messages are sent with, and awaited for, this chaddr.
    void set_address(const Mac& address) { address_ = address; }
    void hold(Ipv4Address address) { held_.insert(address); }
    // Every DHCP frame that passed the interface so far, in order, but those that this object sent.
    [[nodiscard]] const std::vector<DhcpFrame>& frames();

    // For runs of hours: what receive() has looked at is forgotten; what other sockets here send is not heard.
    void forget();
    void ignore_outgoing();

    // A message of this client's with a fresh xid.
    [[nodiscard]] DhcpMessage message(std::uint8_t type);
    // From ciaddr (0.0.0.0 without one), or from `source`, port 68, to 255.255.255.255:67.
    void broadcast(const DhcpMessage& message);
    void broadcast(const DhcpMessage& message, Ipv4Address source);
    // From `source`:68 to `destination`:67, to the MAC that ARP finds for it; false where nobody answers.
    [[nodiscard]] bool unicast(const DhcpMessage& message, Ipv4Address source, Ipv4Address destination);
    // As a relay sends: from port 67.
    [[nodiscard]] bool unicast_from_relay(const DhcpMessage& message, Ipv4Address source, Ipv4Address destination);
    void send(const DhcpFrame& frame);
    void send(const Bytes& frame) const; // whatever it is
    [[nodiscard]] std::optional<Mac> resolve(Ipv4Address address, Ipv4Address from);

    // The first frame that matches, of those not yet returned by receive(), waiting for it.
    std::optional<DhcpFrame> receive(const Predicate& matches, Milliseconds deadline = patience);
    // The answer to this message: its xid, this client's chaddr.
    std::optional<DhcpFrame> answer_to(const DhcpMessage& message, Milliseconds deadline = patience);

    // Sends the broadcast and waits, sending again every second, until an answer of one of these types comes.
    std::optional<DhcpFrame> exchange(const DhcpMessage& message, std::set<std::uint8_t> types,
                                      Milliseconds deadline = patience);

    // The whole way, each empty where no answer came; `broadcast_flag` as sent.
    std::optional<DhcpFrame> discover(bool broadcast_flag = true, Milliseconds deadline = patience);
    std::optional<DhcpFrame> request(const DhcpFrame& offer, bool broadcast_flag = true);
    // DISCOVER to ACK; holds the address.
    std::optional<Lease> acquire(bool broadcast_flag = true, Milliseconds deadline = patience);
    // By unicast to the server identifier, as in RENEWING.
    std::optional<DhcpFrame> renew(const Lease& lease);
    // By broadcast from the address, as in REBINDING.
    std::optional<DhcpFrame> rebind(const Lease& lease);
    // As in INIT-REBOOT.
    std::optional<DhcpFrame> reboot(Ipv4Address address);
    [[nodiscard]] bool release(const Lease& lease);
    void decline(const Lease& lease);
    std::optional<DhcpFrame> inform(Ipv4Address address);

private:
    bool send_unicast(const DhcpMessage& message, Ipv4Address source, std::uint16_t source_port,
                      Ipv4Address destination);
    void receive_some(Milliseconds wait);
    void received(const Bytes& bytes, bool outgoing);

    UniqueFd socket_;
    int interface_ = 0;
    Mac address_;
    std::uint32_t next_xid_;
    std::set<Ipv4Address> held_;
    std::vector<DhcpFrame> frames_;
    std::size_t returned_ = 0;
    std::vector<ArpFrame> arp_replies_;
};

} // namespace keavrf::test
