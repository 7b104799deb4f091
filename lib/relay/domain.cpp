#include "relay/domain.hpp"

#include "dhcp/message4.hpp"

#include <algorithm>
#include <new>

namespace keavrf::relay {

namespace {

// Entries of the neighbour table that one port may ask for: it is one for all of the host (FACTS section 1), with room
// for 1,024, and one that is not answered stays for about three seconds.
constexpr double resolutions_a_second = 32;
constexpr double resolutions_at_once = 64;
// All ports together: beside what the host itself resolves.
constexpr double resolutions_of_host_a_second = 96;
constexpr double resolutions_of_host_at_once = 192;

// Of the link to Kea, whose buffer for a message has no more bytes either.
constexpr std::size_t pair_mtu = 1500;

// As many DHCPINFORMs on their way are found at once; a Kea answers some ten thousand a second.
constexpr std::size_t informs_remembered = 4096;

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

bool less_by_index(const Port* left, const Port* right)
{
    return left->config.index < right->config.index;
}

void insert(std::vector<Port*>& ports, Port& port)
{
    const auto place = std::lower_bound(ports.begin(), ports.end(), &port, less_by_index);
    if (place == ports.end() || *place != &port) {
        ports.insert(place, &port);
    }
}

TokenBucket bucket_for(const config::RelaySettings& settings)
{
    return {settings.rate, settings.burst > 0 ? settings.burst : settings.rate};
}

} // namespace

bool Port::on_link(Ipv4Address address) const noexcept
{
    return std::any_of(links.begin(), links.end(), [&](const Ipv4Prefix& link) { return link.contains(address); }) ||
           (borrowed && subnets->cover(common_prefix(*borrowed, address)));
}

bool Port::may_resolve(TimePoint now)
{
    return resolutions.take(now) && (resolutions_of_host == nullptr || resolutions_of_host->take(now));
}

TokenBucket resolutions_of_host()
{
    return {resolutions_of_host_a_second, resolutions_of_host_at_once};
}

Domain::Domain(Names names, Ipv4Address server, std::uint64_t seed)
    : names_(std::move(names)), server_(server), seed_(seed)
{
}

void Domain::put_port(const PortConfig& config)
{
    auto& port = ports_[config.index];
    if (port.subnets != nullptr && port.config == config) {
        return; // most of many, where one has changed
    }
    const auto& before = port.config.relay;
    if (port.config.index != config.index) {
        port.exchanges = ExchangeTable(seed_);
        port.bucket = bucket_for(config.relay);
        port.resolutions = TokenBucket(resolutions_a_second, resolutions_at_once);
        port.resolutions_of_host = resolutions_of_host_;
    } else if (before.rate != config.relay.rate || before.burst != config.relay.burst) {
        port.bucket = bucket_for(config.relay);
    }
    forget(port);
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
    index(port);
}

void Domain::erase_port(InterfaceIndex index_of_port)
{
    const auto port = ports_.find(index_of_port);
    if (port == ports_.end()) {
        return;
    }
    forget(port->second);
    ports_.erase(port);
    if (const auto behind = behind_.extract(index_of_port)) {
        for (const auto& last : behind.mapped()) {
            move_downstream(last, index_of_port);
        }
    }
}

Port* Domain::port(InterfaceIndex index_of_port) noexcept
{
    const auto found = ports_.find(index_of_port);
    return found == ports_.end() ? nullptr : &found->second;
}

Ipv4Address Domain::address_at(const Port& port) const noexcept
{
    if (!port.client_address.unspecified()) {
        return port.client_address;
    }
    const auto lender = std::find_if(ports_.begin(), ports_.end(),
                                     [](const auto& entry) { return !entry.second.client_address.unspecified(); });
    return lender == ports_.end() ? Ipv4Address() : lender->second.client_address;
}

std::span<Port* const> Domain::ports_at(Ipv4Address giaddr) const noexcept
{
    const auto found = by_address_.find(giaddr);
    if (found == by_address_.end()) {
        return {};
    }
    const auto& [giaddr_of, address_of] = found->second;
    return giaddr_of.empty() ? address_of : giaddr_of;
}

void Domain::set_own_addresses(std::vector<Ipv4Address> addresses)
{
    given_addresses_ = std::move(addresses);
    std::sort(given_addresses_.begin(), given_addresses_.end());
}

bool Domain::own(Ipv4Address address) const noexcept
{
    return by_address_.contains(address) ||
           std::binary_search(given_addresses_.begin(), given_addresses_.end(), address);
}

void Domain::set_serving(bool serving) noexcept
{
    if (serving && !serving_) {
        admission_.reset();
    }
    serving_ = serving;
}

void Domain::set_subnets(const std::vector<Ipv4Prefix>& subnets)
{
    PrefixSet served;
    for (const auto& subnet : subnets) {
        served.insert(subnet);
    }
    subnets_.served = std::move(served);
}

bool Domain::in_subnet(Ipv4Address address) const noexcept
{
    return subnets_.cover(Ipv4Prefix(address, 32));
}

void Domain::index(Port& port)
{
    const auto giaddr = port.config.giaddr;
    auto borrowed = giaddr;
    if (giaddr) {
        insert(by_address_[*giaddr].giaddr_of, port);
    }
    port.links.reserve(port.config.addresses.size());
    for (const auto& own : port.config.addresses) {
        insert(by_address_[own.address].address_of, port);
        subnets_.links.insert(own.prefix);
        port.links.push_back(own.prefix);
        if (own.address == giaddr) {
            borrowed.reset();
        }
    }
    port.borrowed = borrowed;
    port.subnets = &subnets_;
}

// Also where indexing it was not completed, for want of memory.
void Domain::forget(Port& port) noexcept
{
    const auto forget_at = [&](Ipv4Address address) {
        const auto found = by_address_.find(address);
        if (found == by_address_.end()) {
            return;
        }
        std::erase(found->second.giaddr_of, &port);
        std::erase(found->second.address_of, &port);
        if (found->second.giaddr_of.empty() && found->second.address_of.empty()) {
            by_address_.erase(found);
        }
    };
    if (port.config.giaddr) {
        forget_at(*port.config.giaddr);
    }
    for (const auto& own : port.config.addresses) {
        forget_at(own.address);
    }
    for (const auto& link : port.links) {
        subnets_.links.erase(link);
    }
    port.links.clear();
    port.borrowed.reset();
    port.subnets = nullptr;
}

void Domain::hear_inform(const ExchangeKey& key, InterfaceIndex port) noexcept
{
    try {
        informs_.resize(informs_remembered);
    } catch (const std::bad_alloc&) {
        return; // it is looked for, then
    }
    informs_[key.hash(seed_) % informs_remembered] = port;
}

InterfaceIndex Domain::inform_heard_on(const ExchangeKey& key) const noexcept
{
    return informs_.empty() ? InterfaceIndex() : informs_[key.hash(seed_) % informs_remembered];
}

} // namespace keavrf::relay
