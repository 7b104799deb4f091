#include "control/status.hpp"
#include "keavrfctl/views.hpp"
#include "relay/domain.hpp"
#include "unit/growth/subject.hpp"

#include <chrono>
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
            {"the status of VRFs", status_of_vrfs, linear},
            {"the status of ports", status_of_ports, linear}};
}

} // namespace keavrf::growth
