#include "relay/domain.hpp"

#include "core/text.hpp"
#include "dhcp/message4.hpp"
#include "dhcp/option82.hpp"

#include <algorithm>
#include <charconv>

namespace keavrf::relay {

namespace {

constexpr std::uint8_t vss_name = 0;   // RFC 6607 4: a network virtual terminal string
constexpr std::uint8_t vss_vpn_id = 1; // RFC 2685: three bytes OUI, four bytes index

std::optional<std::uint32_t> hexadecimal(std::string_view text, std::size_t digits)
{
    std::uint32_t value = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
    if (text.size() != digits || error != std::errc{} || stop != end) {
        return std::nullopt;
    }
    return value;
}

// "00005e:0000002a" is a VPN-ID, everything else a name.
std::vector<std::uint8_t> vss_value(std::string_view text)
{
    std::vector<std::uint8_t> value;
    if (text.empty()) {
        return value;
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        const auto oui = hexadecimal(text.substr(0, colon), 6);
        const auto index = hexadecimal(text.substr(colon + 1), 8);
        if (oui && index) {
            value = {vss_vpn_id,
                     static_cast<std::uint8_t>(*oui >> 16U),
                     static_cast<std::uint8_t>(*oui >> 8U),
                     static_cast<std::uint8_t>(*oui),
                     static_cast<std::uint8_t>(*index >> 24U),
                     static_cast<std::uint8_t>(*index >> 16U),
                     static_cast<std::uint8_t>(*index >> 8U),
                     static_cast<std::uint8_t>(*index)};
            return value;
        }
    }
    value.reserve(1 + text.size());
    value.push_back(vss_name);
    value.insert(value.end(), text.begin(), text.end());
    return value;
}

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

void set_identifiers(Port& port, const std::string& vrf, const std::string& host)
{
    const auto& config = port.config;
    const std::map<std::string, std::string, std::less<>> values{{"interface", config.name},
                                                                 {"vrf", vrf},
                                                                 {"ifindex", std::to_string(config.index.value())},
                                                                 {"mac", config.mac.str()},
                                                                 {"host", host}};
    port.circuit_id = expand_variables(config.relay.circuit_id, values);
    port.remote_id = expand_variables(config.relay.remote_id, values);
    dhcp::SubOptionWriter writer;
    if (!port.circuit_id.empty()) {
        writer.add(dhcp::suboption::circuit_id, std::string_view(port.circuit_id));
    }
    if (!port.remote_id.empty()) {
        writer.add(dhcp::suboption::remote_id, std::string_view(port.remote_id));
    }
    port.identifiers_fit = writer.ok();
    port.identifiers.assign(writer.bytes().begin(), writer.bytes().end());
    port.vss = vss_value(expand_variables(config.relay.vss, values));
}

TokenBucket bucket_for(const config::RelaySettings& settings)
{
    return {settings.rate, settings.burst > 0 ? settings.burst : settings.rate};
}

} // namespace

bool Port::on_link(Ipv4Address address) const noexcept
{
    return std::any_of(config.addresses.begin(), config.addresses.end(),
                       [&](const PortAddress& own) { return own.prefix.contains(address); });
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
    } else if (before.rate != config.relay.rate || before.burst != config.relay.burst) {
        port.bucket = bucket_for(config.relay);
    }
    port.config = config;
    set_identifiers(port, names_.vrf, names_.host);
    port.client_address = known_by(config);
    port.ethernet = config.mac.size() == port.mac.size();
    if (port.ethernet) {
        std::copy(config.mac.bytes().begin(), config.mac.bytes().end(), port.mac.begin());
    }
    const std::size_t room = config.mtu > dhcp::ip_udp_size ? config.mtu - dhcp::ip_udp_size : 0;
    port.limit = std::max<std::size_t>(config.relay.max_size != 0 ? config.relay.max_size : room, dhcp::minimum_size);
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
