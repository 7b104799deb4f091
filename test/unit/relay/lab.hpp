// A VRF of three client interfaces, as the decision tests know it:
//   eth1 (2)  192.168.1.10/24, secondary 192.168.1.11, not trusted
//   eth2 (3)  10.2.0.1/24, trusted: downstream relays
//   eth3 (4)  no address
// Further addresses of the VRF: 172.16.0.1. Kea serves 10.50.0.0/24 too, behind eth2. Kea is 169.254.1.2.
#pragma once

#include "core/ip_address.hpp"
#include "dhcp/message4.hpp"
#include "relay/decide4.hpp"
#include "relay/domain.hpp"
#include "support/dhcp4_builder.hpp"

#include <optional>
#include <string>

namespace keavrf::test {

inline constexpr std::uint32_t eth1_address = 0xc0a8010a;
inline constexpr std::uint32_t eth1_secondary = 0xc0a8010b;
inline constexpr std::uint32_t eth2_address = 0x0a020001;
inline constexpr std::uint32_t other_address = 0xac100001;
inline constexpr std::uint32_t kea_address = 0xa9fe0102;
inline constexpr std::uint32_t downstream_relay = 0x0a320001; // 10.50.0.1
inline constexpr std::uint32_t everybody = 0xffffffff;

inline relay::PortConfig port_config(int index, const std::string& name)
{
    relay::PortConfig config;
    config.index = InterfaceIndex(index);
    config.name = name;
    config.mac = *LinkAddress::parse("02:00:00:00:01:0" + std::to_string(index));
    return config;
}

inline relay::PortConfig with_address(relay::PortConfig config, std::uint32_t address, unsigned length,
                                      bool secondary = false)
{
    config.addresses.push_back({Ipv4Address(address), Ipv4Prefix(Ipv4Address(address), length), secondary});
    if (!config.giaddr) {
        config.giaddr = Ipv4Address(address);
    }
    return config;
}

struct Lab {
    Lab() : domain({"red", "host1"}, Ipv4Address(kea_address), 1)
    {
        eth1 = with_address(with_address(port_config(2, "eth1"), eth1_address, 24), eth1_secondary, 24, true);
        eth2 = with_address(port_config(3, "eth2"), eth2_address, 24);
        eth2.relay.trusted = true;
        eth3 = port_config(4, "eth3");
        domain.put_port(eth1);
        domain.put_port(eth2);
        domain.put_port(eth3);
        domain.set_own_addresses({Ipv4Address(other_address)});
        domain.set_subnets({*Ipv4Prefix::parse("10.50.0.0/24")});
        domain.set_serving(true);
    }

    // What came out of a request: "forward", "forward overflow" or the reason; `bytes` are what is left of it.
    struct Outcome {
        std::string decision;
        Bytes bytes;
    };
    Outcome request(int index, const Bytes& bytes, std::uint32_t destination = everybody)
    {
        Bytes memory = bytes;
        memory.resize(9000);
        auto message = dhcp::Message4::parse(memory, bytes.size());
        if (!message) {
            return {"malformed", bytes};
        }
        if (keeps_up) {
            domain.admission().reset();
        }
        const relay::Arrival arrival{Ipv4Address{}, Ipv4Address(destination), now, source_port, held, held};
        const auto decision = client_to_server(domain, *domain.port(InterfaceIndex(index)), *message, arrival);
        Outcome outcome;
        outcome.bytes.assign(message->bytes().begin(), message->bytes().end());
        if (const auto* drop = std::get_if<relay::Drop>(&decision)) {
            outcome.decision = relay::name(drop->reason);
        } else {
            outcome.decision = std::get<relay::Forward>(decision).option82_overflow ? "forward overflow" : "forward";
        }
        return outcome;
    }
    Outcome request(int index, const Dhcp4& builder, std::uint32_t destination = everybody)
    {
        return request(index, builder.bytes(), destination);
    }

    // An answer: "frame 2 from 192.168.1.10 to 192.168.1.100 02:...", or the reason.
    Outcome answer(const Bytes& bytes)
    {
        Bytes memory = bytes;
        memory.resize(9000);
        auto message = dhcp::Message4::parse(memory, bytes.size());
        if (!message) {
            return {"malformed", bytes};
        }
        last = server_to_client(domain, *message, now);
        return {describe(last.to), {message->bytes().begin(), message->bytes().end()}};
    }
    Outcome answer(const Dhcp4& builder) { return answer(builder.bytes()); }

    static std::string describe(const relay::ReplyDestination& to)
    {
        const auto by = [](const auto& destination) {
            return " by " + std::to_string(destination.port.value()) + " from " + destination.source.str();
        };
        if (const auto* frame = std::get_if<relay::Frame>(&to)) {
            return "frame" + by(*frame) + " to " + frame->client.str() + " at " + LinkAddress(frame->chaddr).str();
        }
        if (const auto* all = std::get_if<relay::Broadcast>(&to)) {
            return "broadcast" + by(*all);
        }
        if (const auto* client = std::get_if<relay::UnicastUdp>(&to)) {
            return "unicast" + by(*client) + " to " + client->ciaddr.str() + (client->routed ? " routed" : "");
        }
        if (const auto* relay = std::get_if<relay::ToRelay>(&to)) {
            const auto port = relay->udp_port == 67 ? "" : ":" + std::to_string(relay->udp_port);
            return "relay" + by(*relay) + " to " + relay->giaddr.str() + port;
        }
        return std::string(relay::name(std::get<relay::Drop>(to).reason));
    }

    relay::Domain domain;
    bool keeps_up = true; // Kea has read all that was forwarded before
    bool held = false;    // by a queue that is full
    relay::PortConfig eth1;
    relay::PortConfig eth2;
    relay::PortConfig eth3;
    relay::TimePoint now{std::chrono::hours(1)};
    std::uint16_t source_port = 67; // of requests
    relay::ReplyDecision last;
};

// What the relay adds on an interface with default templates.
inline Bytes own_option82(const std::string& interface, const Bytes& more = {})
{
    return tlv(82, tlv(1, text(interface)) + tlv(2, text("red")) + more);
}

} // namespace keavrf::test
