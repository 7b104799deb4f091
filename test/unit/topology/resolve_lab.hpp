// Settings and a host to resolve them against, and what came of it in words that a test can compare.
#pragma once

#include "topology/network.hpp"
#include "topology/resolve.hpp"
#include "unit/topology/host.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace keavrf::topology::resolve_lab {

using namespace std::chrono_literals;
using netlink::AddressChanged;
using netlink::AddressRemoved;
using netlink::LinkChanged;
using netlink::LinkRemoved;

inline const TimePoint start{1000s};

using Entry = std::shared_ptr<config::VrfSettings>;

inline Entry entry(std::string pattern)
{
    auto made = std::make_shared<config::VrfSettings>();
    made->glob = pattern.find('*') != std::string::npos;
    made->pattern = std::move(pattern);
    return made;
}

// Interfaces by name or glob; "eth1=10.0.0.9" has a giaddr, "!eth1" is an exclusion.
inline Entry entry_with(std::string pattern, const std::vector<std::string>& interfaces)
{
    auto made = entry(std::move(pattern));
    made->automatic_interfaces = false;
    for (const auto& text : interfaces) {
        if (text.front() == '!') {
            made->excluded_interfaces.push_back(text.substr(1));
            continue;
        }
        config::InterfaceSettings interface;
        const auto equals = text.find('=');
        interface.pattern = text.substr(0, equals);
        interface.relay.circuit_id = "named";
        if (equals != std::string::npos) {
            interface.giaddr = ip(text.substr(equals + 1));
        }
        made->interfaces.push_back(interface);
    }
    return made;
}

inline Entry without_device(Entry made)
{
    made->has_device = false;
    return made;
}

inline Entry with_subnets(Entry made)
{
    made->dhcp4["subnet4"] = boost::json::array{boost::json::object{}};
    return made;
}

inline config::Settings settings(std::vector<Entry> entries)
{
    config::Settings made;
    made.vrfs.assign(entries.begin(), entries.end());
    return made;
}

// red: eth1 (4) 10.0.0.1/24, eth2 (5) 10.2.0.1/24; blue: br0 (6), whose port is eth3 (7); outside: eth8, eth9.
inline Network host()
{
    Network network;
    network.replace({loopback(), vrf_device(2, "red", 1001), vrf_device(3, "blue", 1002), a_link(4, "eth1", 2),
                     a_link(5, "eth2", 2), a_link(6, "br0", 3, "bridge"), a_link(7, "eth3", 6), a_link(8, "eth8"),
                     a_link(9, "eth9")},
                    {address(1, "127.0.0.1/8", 0, RT_SCOPE_HOST), address(4, "10.0.0.1/24"), address(5, "10.2.0.1/24"),
                     address(6, "10.0.0.1/24"), address(8, "192.168.8.1/24"), address(9, "192.168.9.1/24")});
    return network;
}

inline Domains domains_of(const config::Settings& config, const Network& network)
{
    return resolve(config, network, {}, start).domains;
}

inline Domain domain_of(const Entry& one, const Network& network, const char* name = "red")
{
    return domains_of(settings({one}), network).at(VrfName(name));
}

inline std::string ports_in_words(const Domain& domain)
{
    std::string text;
    for (const auto& port : domain.ports) {
        text += (text.empty() ? "" : " ") + port.name + (port.giaddr ? "=" + port.giaddr->str() : "");
    }
    return text;
}

inline std::string subnets_in_words(const Domain& domain)
{
    std::string text;
    for (const auto& subnet : domain.subnets) {
        text += (text.empty() ? "" : " ") + subnet.prefix.str();
    }
    return text;
}

inline std::string own_in_words(const Domain& domain)
{
    std::string text;
    for (const auto address : domain.own_addresses) {
        text += (text.empty() ? "" : " ") + address.str();
    }
    return text;
}

inline std::string warnings_in_words(const Domain& domain)
{
    std::string text;
    for (const auto& warning : domain.warnings) {
        text += warning + "\n";
    }
    return text;
}

inline std::string names_in_words(const Domains& domains)
{
    std::string text;
    for (const auto& [name, domain] : domains) {
        text += (text.empty() ? "" : " ") + name.str() + (domain.servable() ? "" : "(" + domain.waiting_for + ")");
    }
    return text;
}

} // namespace keavrf::topology::resolve_lab
