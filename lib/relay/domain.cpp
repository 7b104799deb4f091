#include "relay/domain.hpp"

#include "dhcp/message4.hpp"

#include <algorithm>

namespace keavrf::relay {

namespace {

// Entries of the neighbour table that one port may ask for: it is one for all of the host (FACTS section 1), with room
// for 1,024, and one that is not answered stays for about three seconds.
constexpr double resolutions_a_second = 32;
constexpr double resolutions_at_once = 64;

// Of the link to Kea, whose buffer for a message has no more bytes either.
constexpr std::size_t pair_mtu = 1500;

Ipv4Address known_by(const PortConfig& config)
{
    const auto giaddr = config.giaddr.value_or(Ipv4Address{});
    const auto is_giaddr = [&](const PortAddress& own) { return own.address == giaddr; };
    if (std::any_of(config.addresses.begin(), config.addresses.end(), is_giaddr)) {
        return giaddr;
    }
    const auto primary = std::find_if(config.addresses.begin(), config.addresses.end(),
                                      [](const PortAddress& own) { return !own.secondary; });
    return primary == config.addresses.end() ? giaddr : primary->address;
}

TokenBucket bucket_for(const config::RelaySettings& settings)
{
    return {settings.rate, settings.burst > 0 ? settings.burst : settings.rate};
}

} // namespace

bool Port::on_link(Ipv4Address address) const noexcept
{
    return std::any_of(links.begin(), links.end(), [&](const Ipv4Prefix& link) { return link.contains(address); });
}

Domain::Domain(Names names, Ipv4Address server, std::uint64_t seed)
    : names_(std::move(names)), server_(server), seed_(seed)
{
}

void Domain::put_port(const PortConfig& config)
{
    auto& port = ports_[config.index];
    const auto& before = port.config.relay;
    if (port.config.index != config.index) {
        port.exchanges = ExchangeTable(seed_);
        port.bucket = bucket_for(config.relay);
        port.resolutions = TokenBucket(resolutions_a_second, resolutions_at_once);
    } else if (before.rate != config.relay.rate || before.burst != config.relay.burst) {
        port.bucket = bucket_for(config.relay);
    }
    port.config = config;
    port.client_address = known_by(config);
    port.option82 = OwnOption82(config, names_, port.client_address);
    port.ethernet = config.mac.size() == port.mac.size();
    if (port.ethernet) {
        std::copy(config.mac.bytes().begin(), config.mac.bytes().end(), port.mac.begin());
    }
    const auto mtu = std::min<std::size_t>(config.mtu, pair_mtu);
    const auto room = mtu > dhcp::ip_udp_size ? mtu - dhcp::ip_udp_size : 0;
    const std::size_t wanted = config.relay.max_size != 0 ? config.relay.max_size : room;
    port.limits = {std::max(std::min(wanted, room), dhcp::minimum_size), room};
    index();
}

void Domain::erase_port(InterfaceIndex index_of_port)
{
    ports_.erase(index_of_port);
    std::erase_if(downstream_, [&](const auto& entry) { return entry.second.port == index_of_port; });
    index();
}

Port* Domain::port(InterfaceIndex index_of_port) noexcept
{
    const auto found = ports_.find(index_of_port);
    return found == ports_.end() ? nullptr : &found->second;
}

std::span<Port* const> Domain::ports_at(Ipv4Address giaddr) const noexcept
{
    const auto found = std::lower_bound(by_address_.begin(), by_address_.end(), giaddr,
                                        [](const AtAddress& entry, Ipv4Address key) { return entry.address < key; });
    if (found == by_address_.end() || found->address != giaddr) {
        return {};
    }
    return found->ports;
}

void Domain::set_own_addresses(std::vector<Ipv4Address> addresses)
{
    given_addresses_ = std::move(addresses);
    index();
}

bool Domain::own(Ipv4Address address) const noexcept
{
    return std::binary_search(own_addresses_.begin(), own_addresses_.end(), address);
}

void Domain::set_serving(bool serving) noexcept
{
    if (serving && !serving_) {
        admission_.reset();
    }
    serving_ = serving;
}

void Domain::set_subnets(std::vector<Ipv4Prefix> subnets)
{
    given_subnets_ = std::move(subnets);
    index();
}

bool Domain::in_subnet(Ipv4Address address) const noexcept
{
    return std::any_of(subnets_.begin(), subnets_.end(),
                       [&](const Ipv4Prefix& subnet) { return subnet.contains(address); });
}

void Domain::index()
{
    std::map<Ipv4Address, std::vector<Port*>> as_giaddr;
    std::map<Ipv4Address, std::vector<Port*>> as_address;
    own_addresses_ = given_addresses_;
    subnets_ = given_subnets_;
    for (auto& [number, port] : ports_) {
        if (port.config.giaddr) {
            as_giaddr[*port.config.giaddr].push_back(&port);
            own_addresses_.push_back(*port.config.giaddr);
        }
        for (const auto& own : port.config.addresses) {
            as_address[own.address].push_back(&port);
            own_addresses_.push_back(own.address);
            subnets_.push_back(own.prefix);
        }
    }
    as_giaddr.merge(as_address); // what is somebody's giaddr stays with those
    by_address_.clear();
    for (auto& [address, ports] : as_giaddr) {
        by_address_.push_back({address, std::move(ports)});
    }
    std::sort(own_addresses_.begin(), own_addresses_.end());
    own_addresses_.erase(std::unique(own_addresses_.begin(), own_addresses_.end()), own_addresses_.end());
    index_links();
}

void Domain::index_links()
{
    for (auto& [number, port] : ports_) {
        const auto& own = port.config.addresses;
        port.links.clear();
        for (const auto& each : own) {
            port.links.push_back(each.prefix);
        }
        const auto giaddr = port.config.giaddr;
        const auto is_giaddr = [&](const PortAddress& each) { return each.address == giaddr; };
        if (!giaddr || std::any_of(own.begin(), own.end(), is_giaddr)) {
            continue;
        }
        for (const auto& subnet : subnets_) {
            if (subnet.contains(*giaddr)) {
                port.links.push_back(subnet);
            }
        }
    }
}

void Domain::hear_downstream(Ipv4Address giaddr, const Downstream& downstream)
{
    const auto known = downstream_.find(giaddr);
    if (known != downstream_.end()) {
        known->second = downstream;
        return;
    }
    make_room_for_downstream(downstream.port);
    downstream_.emplace(giaddr, downstream);
}

void Domain::make_room_for_downstream(InterfaceIndex port)
{
    std::size_t count = 0;
    auto oldest = downstream_.end();
    for (auto entry = downstream_.begin(); entry != downstream_.end(); ++entry) {
        if (entry->second.port != port) {
            continue;
        }
        ++count;
        if (oldest == downstream_.end() || entry->second.heard < oldest->second.heard) {
            oldest = entry;
        }
    }
    if (count >= downstream_limit) {
        downstream_.erase(oldest);
    }
}

const Downstream* Domain::downstream(Ipv4Address giaddr) const noexcept
{
    const auto found = downstream_.find(giaddr);
    if (found == downstream_.end()) {
        return nullptr;
    }
    const auto port = ports_.find(found->second.port);
    return port != ports_.end() && port->second.config.relay.trusted ? &found->second : nullptr;
}

} // namespace keavrf::relay
