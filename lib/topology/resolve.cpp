#include "topology/resolve.hpp"

#include "topology/memory.hpp"
#include "topology/network.hpp"
#include "topology/ports.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_set>

namespace keavrf::topology {

namespace {

// Of this VRF, the namespace of Kea would be that of the hub.
constexpr std::string_view reserved_name = "hub";

// A domain in the making. Pointers live as long as the network and the settings.
struct Draft {
    std::shared_ptr<const config::VrfSettings> settings;
    const netlink::Link* device = nullptr;
    std::string waiting_for;
    Choices choices;
};

using Drafts = std::map<VrfName, Draft>;

Drafts find_domains(const config::Settings& settings, const Network& network)
{
    Drafts drafts;
    const config::EntryFinder entries(settings);
    for (const auto* device : network.vrfs()) {
        if (auto entry = entries.find(device->name)) {
            drafts.try_emplace(VrfName(device->name), Draft{std::move(entry), device, {}, {}});
        }
    }
    for (const auto& entry : settings.vrfs) {
        if (!entry->glob) {
            const std::string waiting_for = entry->has_device ? "no VRF device of that name" : "";
            drafts.try_emplace(VrfName(entry->pattern), Draft{entry, nullptr, waiting_for, {}});
        }
    }
    if (const auto reserved = drafts.find(VrfName(std::string(reserved_name))); reserved != drafts.end()) {
        reserved->second.waiting_for = "the name `hub` is that of keavrfd's own namespace";
    }
    return drafts;
}

void choose_interfaces(const config::Settings& settings, const Network& network, Drafts& drafts)
{
    for (auto& [name, draft] : drafts) {
        if (draft.waiting_for.empty()) {
            draft.choices = choose(*draft.settings, network, draft.device);
        }
    }
    // Only interfaces outside of all VRFs can be wanted twice.
    std::vector<std::pair<VrfName, Choices*>> in_order;
    for (const auto& entry : settings.vrfs) {
        const auto draft = drafts.find(VrfName(entry->pattern));
        if (draft != drafts.end() && draft->second.settings == entry && !entry->has_device) {
            in_order.emplace_back(draft->first, &draft->second.choices);
        }
    }
    settle_contests(in_order);
}

std::optional<Ipv4Address> default_giaddr(const std::vector<InterfaceAddress>& addresses)
{
    const auto found = std::find_if(addresses.begin(), addresses.end(), [](const InterfaceAddress& address) {
        return !address.secondary && usable_address(address.address);
    });
    return found != addresses.end() ? std::optional(found->address) : std::nullopt;
}

PortSpec port_of(const Choice& choice, const config::VrfSettings& settings, const Network& network)
{
    PortSpec port;
    port.index = choice.link->index;
    port.name = choice.link->name;
    port.hardware_address = choice.link->address;
    port.mtu = choice.link->mtu != 0 ? choice.link->mtu : port.mtu;
    port.addresses = network.addresses_of(choice.link->index);
    port.relay = choice.settings != nullptr ? choice.settings->relay : settings.relay;
    return port;
}

std::string giaddr_not_local(const PortSpec& port, Ipv4Address giaddr, const Draft& draft)
{
    return interface_text(port.name) + " waits: its giaddr " + giaddr.str() + " is not an address of " +
           (draft.device != nullptr ? "VRF " + draft.device->name : "this host") + " (ip addr add " + giaddr.str() +
           "/LENGTH dev " + port.name + ")";
}

std::string no_address(const PortSpec& port)
{
    return interface_text(port.name) +
           " has no IPv4 address: clients on it cannot be served (give it one, or a giaddr of another interface)";
}

// Its clients are on the giaddr's subnet, and renew by unicast to an address of another one.
bool giaddr_elsewhere(const PortSpec& port, Ipv4Address giaddr)
{
    const auto near = [&](const InterfaceAddress& own) { return own.address == giaddr || own.prefix.contains(giaddr); };
    return !port.addresses.empty() && std::none_of(port.addresses.begin(), port.addresses.end(), near);
}

std::string giaddr_of_another_link(const PortSpec& port, Ipv4Address giaddr)
{
    const auto own = port.addresses.front().address.str();
    return interface_text(port.name) + " has the giaddr " + giaddr.str() +
           ", which is in no prefix of its own addresses: its clients get addresses of that subnet, and " + own +
           " as their server (take one of its own addresses as giaddr, or remove them: ip addr del " + own +
           "/LENGTH dev " + port.name + ")";
}

// Fills the domain's ports. A port whose configured giaddr is not there waits; but not for the time of a flap, during
// which it stays, without giaddr.
void make_ports(const Draft& draft, const Network& network, const AddressMemory& memory, Domain& domain)
{
    for (const auto& choice : draft.choices.chosen) {
        PortSpec port = port_of(choice, *draft.settings, network);
        const auto configured = choice.settings != nullptr ? choice.settings->giaddr : std::nullopt;
        if (!configured) {
            port.giaddr = default_giaddr(port.addresses);
            if (!port.giaddr) {
                domain.warnings.push_back(no_address(port));
            }
        } else if (std::binary_search(domain.own_addresses.begin(), domain.own_addresses.end(), *configured)) {
            port.giaddr = configured;
            if (giaddr_elsewhere(port, *configured)) {
                domain.warnings.push_back(giaddr_of_another_link(port, *configured));
            }
        } else {
            domain.warnings.push_back(giaddr_not_local(port, *configured, draft));
            if (!memory.lingers(*configured)) {
                continue;
            }
        }
        domain.ports.push_back(std::move(port));
    }
}

// The addresses of all interfaces that are where the domain is; of one that is there twice, the first.
std::map<Ipv4Address, InterfaceAddress> addresses_around(const Draft& draft, const Network& network)
{
    std::map<Ipv4Address, InterfaceAddress> around;
    for (const auto* link : links_around(network, draft.device)) {
        for (const auto& address : network.addresses_of(link->index)) {
            around.try_emplace(address.address, address);
        }
    }
    return around;
}

bool borrows_giaddr(const PortSpec& port)
{
    const auto is_giaddr = [&](const InterfaceAddress& address) { return address.address == port.giaddr; };
    return port.giaddr && std::none_of(port.addresses.begin(), port.addresses.end(), is_giaddr);
}

std::vector<SubnetSource> sources_of(const Draft& draft, const Network& network, const std::vector<PortSpec>& ports)
{
    std::vector<SubnetSource> sources;
    const bool any_borrows = std::any_of(ports.begin(), ports.end(), borrows_giaddr);
    const auto around = any_borrows ? addresses_around(draft, network) : std::map<Ipv4Address, InterfaceAddress>{};
    for (const auto& port : ports) {
        for (const auto& address : port.addresses) {
            sources.push_back({port.index, port.name, address});
        }
        const auto lent = borrows_giaddr(port) ? around.find(*port.giaddr) : around.end();
        if (lent != around.end()) {
            // Secondary there, the first and only one of its prefix here.
            sources.push_back({port.index, port.name, {lent->second.address, lent->second.prefix, false}});
        }
    }
    return sources;
}

void make_subnets(const AddressMemory& memory, Domain& domain)
{
    if (!domain.settings->automatic_subnets()) {
        return;
    }
    auto taken = domain.own_addresses;
    const auto lingering = memory.lingering_addresses();
    taken.insert(taken.end(), lingering.begin(), lingering.end());
    auto made = automatic_subnets(memory.subnet_sources(), taken);
    domain.subnets = std::move(made.subnets);
    domain.warnings.insert(domain.warnings.end(), made.warnings.begin(), made.warnings.end());
}

// `outside`: the addresses of all interfaces that are in no VRF, which the domains without a device share.
Domain finish(const VrfName& name, const Draft& draft, const Network& network, const std::vector<Ipv4Address>& outside,
              AddressMemory& memory)
{
    Domain domain;
    domain.name = name;
    domain.settings = draft.settings;
    domain.waiting_for = draft.waiting_for;
    domain.warnings = draft.choices.warnings;
    if (draft.device != nullptr) {
        domain.device = draft.device->index;
        domain.table = draft.device->vrf_table.value_or(0);
    }
    if (!domain.waiting_for.empty()) {
        return domain;
    }
    domain.own_addresses = draft.device != nullptr ? own_addresses(network, draft.device) : outside;
    make_ports(draft, network, memory, domain);
    // An interface that is here and not served is so by configuration: nothing of it lingers.
    memory.forget_if([&](InterfaceIndex index) {
        const auto* link = network.link(index);
        return link != nullptr && is_candidate(*link, draft.device) && find_port(domain, index) == nullptr;
    });
    memory.see(sources_of(draft, network, domain.ports));
    make_subnets(memory, domain);
    if (domain.ports.empty()) {
        domain.waiting_for = "no client interface";
    } else if (domain.settings->automatic_subnets() && domain.subnets.empty()) {
        domain.waiting_for = "no usable subnet";
    }
    return domain;
}

} // namespace

Resolution resolve(const config::Settings& settings, const Network& network, const Memory& memory, TimePoint now)
{
    Drafts drafts = find_domains(settings, network);
    choose_interfaces(settings, network, drafts);
    const auto outside = own_addresses(network, nullptr);
    Resolution result;
    for (const auto& [name, draft] : drafts) {
        const auto remembered = memory.find(name);
        AddressMemory addresses(remembered != memory.end() ? remembered->second : std::vector<RememberedAddress>{},
                                now);
        result.domains.emplace(name, finish(name, draft, network, outside, addresses));
        if (const auto deadline = addresses.deadline()) {
            result.deadline = std::min(result.deadline.value_or(*deadline), *deadline);
        }
        if (auto kept = std::move(addresses).take(); !kept.empty()) {
            result.memory.emplace(name, std::move(kept));
        }
    }
    return result;
}

std::string fingerprint(const Domain& domain, const PortSpec& port)
{
    return "interface=" + std::to_string(port.index.value()) + " device=" + std::to_string(domain.device.value());
}

const PortSpec* find_port(const Domain& domain, InterfaceIndex index)
{
    const auto found =
        std::lower_bound(domain.ports.begin(), domain.ports.end(), index,
                         [](const PortSpec& port, InterfaceIndex wanted) { return port.index < wanted; });
    return found != domain.ports.end() && found->index == index ? &*found : nullptr;
}

std::vector<std::string> news_among(const std::vector<std::string>& warnings, const std::vector<std::string>& before)
{
    const std::unordered_set<std::string_view> told(before.begin(), before.end());
    std::vector<std::string> news;
    std::copy_if(warnings.begin(), warnings.end(), std::back_inserter(news),
                 [&told](const std::string& warning) { return !told.contains(warning); });
    return news;
}

DesiredInstance desired_instance(const Domain& domain, std::string configuration_hash)
{
    DesiredInstance desired;
    desired.serve = domain.servable();
    if (desired.serve) {
        desired.configuration_hash = std::move(configuration_hash);
        for (const auto& port : domain.ports) {
            desired.ports.emplace(port.index, DesiredPort{port.name, fingerprint(domain, port)});
        }
    }
    return desired;
}

} // namespace keavrf::topology
