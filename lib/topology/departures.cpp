#include "topology/departures.hpp"

#include "topology/network.hpp"
#include "topology/ports.hpp"
#include "topology/resolve.hpp"

namespace keavrf::topology {

namespace {

using netlink::Link;

std::string device_trouble(const Domain& domain, const Link* device)
{
    if (device == nullptr || !device->is_vrf()) {
        return "VRF " + domain.name.str() + " is gone";
    }
    return device->name != domain.name.str() ? "VRF " + domain.name.str() + " is called " + device->name + " now"
                                             : std::string();
}

std::string where_it_is(const Network& network, const Link& link)
{
    if (const auto* vrf = network.vrf_of(link)) {
        return "it is in VRF " + vrf->name + " now";
    }
    const auto* master = link.master ? network.link(*link.master) : nullptr;
    return master != nullptr ? "it is enslaved to " + master->name + " now" : "it is in no VRF any more";
}

} // namespace

std::string why_departed(const Network& network, const Domain& domain, const PortSpec& port)
{
    const auto* link = network.link(port.index);
    if (link == nullptr) {
        return "it is gone";
    }
    const bool in_vrf = domain.device != InterfaceIndex();
    const auto* device = in_vrf ? network.link(domain.device) : nullptr;
    if (auto trouble = in_vrf ? device_trouble(domain, device) : std::string(); !trouble.empty()) {
        return trouble;
    }
    if (!is_candidate(*link, device)) {
        return where_it_is(network, *link);
    }
    const bool kept = link->name == port.name || (in_vrf && chooses(*domain.settings, link->name));
    return kept ? std::string() : "it is called " + link->name + " now";
}

std::vector<PortVerdict> judge_ports(const Network& network, const Domain& domain)
{
    std::vector<PortVerdict> verdicts;
    verdicts.reserve(domain.ports.size());
    for (const auto& port : domain.ports) {
        verdicts.push_back({domain.name, port.index, why_departed(network, domain, port)});
    }
    return verdicts;
}

std::vector<PortVerdict> PortOwners::judge(const Network& network, const Domains& domains, InterfaceIndex changed)
{
    if (!index_) {
        index_ = index_of(domains);
    }
    std::vector<PortVerdict> verdicts;
    const auto [first, last] = index_->by_port.equal_range(changed);
    for (auto owner = first; owner != last; ++owner) {
        const auto& domain = domains.at(owner->second);
        if (const auto* port = find_port(domain, changed)) {
            verdicts.push_back({domain.name, changed, why_departed(network, domain, *port)});
        }
    }
    const auto [first_device, last_device] = index_->by_device.equal_range(changed);
    for (auto owner = first_device; owner != last_device; ++owner) {
        const auto of_domain = judge_ports(network, domains.at(owner->second));
        verdicts.insert(verdicts.end(), of_domain.begin(), of_domain.end());
    }
    return verdicts;
}

PortOwners::Index PortOwners::index_of(const Domains& domains)
{
    Index index;
    for (const auto& [vrf, domain] : domains) {
        if (domain.device != InterfaceIndex()) {
            index.by_device.emplace(domain.device, vrf);
        }
        for (const auto& port : domain.ports) {
            index.by_port.emplace(port.index, vrf);
        }
    }
    return index;
}

} // namespace keavrf::topology
