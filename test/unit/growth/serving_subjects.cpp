#include "control/status.hpp"
#include "dhcp/message4.hpp"
#include "keavrfctl/views.hpp"
#include "relay/decide4.hpp"
#include "relay/domain.hpp"
#include "unit/growth/subject.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

namespace keavrf::growth {

namespace {

Ipv4Address address_of(int at)
{
    return Ipv4Address((10U << 24U) + (static_cast<std::uint32_t>(at) << 8U) + 1U);
}

relay::PortConfig port_config(int at)
{
    relay::PortConfig config;
    config.index = InterfaceIndex(at + 1);
    config.name = "m" + std::to_string(at);
    config.giaddr = address_of(at);
    config.addresses.push_back({address_of(at), Ipv4Prefix(address_of(at), 24), false});
    config.relay.trusted = true;
    return config;
}

void put_ports(relay::Domain& domain, int count)
{
    for (int at = 0; at < count; ++at) {
        domain.put_port(port_config(at));
    }
}

void erase_ports(relay::Domain& domain, int count)
{
    for (int at = 0; at < count; ++at) {
        domain.erase_port(InterfaceIndex(at + 1));
    }
    if (!domain.ports().empty()) {
        std::abort();
    }
}

Work ports(int count)
{
    return [count] {
        relay::Domain domain({"red", "box"}, Ipv4Address(0xa9fe0102), 1);
        put_ports(domain, count);
        for (int at = 0; at < count; ++at) {
            if (domain.ports_at(address_of(at)).size() != 1) {
                std::abort();
            }
        }
        erase_ports(domain, count);
    };
}

// Two relays behind each port, and the ports go one by one.
Work downstream_relays(int count)
{
    return [count] {
        relay::Domain domain({"red", "box"}, Ipv4Address(0xa9fe0102), 1);
        put_ports(domain, count);
        for (int at = 0; at < 2 * count; ++at) {
            const Ipv4Address giaddr((172U << 24U) + static_cast<std::uint32_t>(at));
            domain.hear_downstream(giaddr, {InterfaceIndex(at % count + 1), address_of(at % count), {}});
        }
        erase_ports(domain, count);
    };
}

using Memory = std::array<std::uint8_t, 600>;

// RFC 2131 4.3.5; as the client sends it, or as the server answers it.
Memory inform(int at, std::uint8_t op, dhcp::MessageType type)
{
    Memory memory{};
    const auto put = [&](std::size_t offset, std::uint32_t value) {
        for (int byte = 0; byte < 4; ++byte) {
            memory.at(offset + static_cast<std::size_t>(byte)) = static_cast<std::uint8_t>(value >> (24 - 8 * byte));
        }
    };
    put(0, std::uint32_t{op} << 24U | 0x010600U);
    put(4, static_cast<std::uint32_t>(at));
    put(12, address_of(at).value() + 4);
    put(236, 0x63825363U);
    put(240, 0x350100ffU | std::uint32_t{static_cast<std::uint8_t>(type)} << 8U);
    return memory;
}

// One from each port, and its answer, in which nothing names the port.
Work informs(int count)
{
    return [count] {
        relay::Domain domain({"red", "box"}, Ipv4Address(0xa9fe0102), 1);
        put_ports(domain, count);
        domain.set_serving(true);
        for (int at = 0; at < count; ++at) {
            auto request = inform(at, 1, dhcp::MessageType::inform);
            auto asked = dhcp::Message4::parse(request, 300);
            auto answer = inform(at, 2, dhcp::MessageType::ack);
            auto answered = dhcp::Message4::parse(answer, 300);
            relay::Arrival arrival;
            arrival.source = Ipv4Address(address_of(at).value() + 4);
            arrival.destination = Ipv4Address(0xffffffff);
            const auto forwarded =
                relay::client_to_server(domain, *domain.port(InterfaceIndex(at + 1)), *asked, arrival);
            const auto decided = relay::server_to_client(domain, *answered, {});
            const auto* to = std::get_if<relay::UnicastUdp>(&decided.to);
            if (std::holds_alternative<relay::Drop>(forwarded) || to == nullptr || to->port != InterfaceIndex(at + 1)) {
                std::abort();
            }
        }
    };
}

control::InstanceStatus instance_status(int vrf, int ports)
{
    control::InstanceStatus status;
    status.vrf = VrfName("red" + std::to_string(vrf));
    status.state = "serving";
    status.warnings = {"interface m0 has no IPv4 address"};
    status.kea = ProcessId(1000 + vrf);
    status.drops = {{"malformed", 3}, {"no-giaddr", 4}};
    for (int at = 0; at < ports; ++at) {
        control::PortStatus port;
        port.interface = "m" + std::to_string(at);
        port.index = InterfaceIndex(at + 1);
        port.giaddr = address_of(at);
        status.ports.push_back(port);
        status.subnets.push_back(Ipv4Prefix(address_of(at), 24).str());
    }
    return status;
}

// From the daemon's values to what `keavrfctl status` prints on a terminal.
Work showing(control::DaemonStatus status)
{
    const auto told = std::make_shared<control::DaemonStatus>(std::move(status));
    return [told] {
        const auto received = control::daemon_status_from_json(control::to_json(*told));
        const ctl::Style terminal{100, true};
        const auto statistics = ctl::statistics_text(control::statistics_of(*told, "now"), terminal);
        if (!received || !(*received == *told) || ctl::overview_text(*received, terminal).empty() ||
            ctl::instance_text(received->instances.front(), terminal).empty() || statistics.empty()) {
            std::abort();
        }
    };
}

Work status_of_vrfs(int count)
{
    control::DaemonStatus status;
    for (int at = 0; at < count; ++at) {
        status.instances.push_back(instance_status(at, 1));
    }
    return showing(std::move(status));
}

Work status_of_ports(int count)
{
    control::DaemonStatus status;
    status.instances.push_back(instance_status(0, count));
    return showing(std::move(status));
}

} // namespace

std::vector<Subject> serving_subjects()
{
    return {{"ports of the relay that open and close", ports},
            {"ports that close with relays behind them", downstream_relays},
            {"answers to informs", informs},
            {"the status of VRFs", status_of_vrfs, linear},
            {"the status of ports", status_of_ports, linear}};
}

} // namespace keavrf::growth
