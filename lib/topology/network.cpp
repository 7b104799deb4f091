#include "topology/network.hpp"

#include <algorithm>

namespace keavrf::topology {

namespace {

using netlink::Address;
using netlink::Link;

// What resolve() looks at.
bool same_to_us(const Link& a, const Link& b)
{
    return a.index == b.index && a.name == b.name && a.kind == b.kind && a.master == b.master &&
           a.vrf_table == b.vrf_table && a.loopback() == b.loopback() && a.mtu == b.mtu && a.address == b.address;
}

bool same_to_us(const Address& a, const Address& b)
{
    return a.same_place(b) && a.scope == b.scope && a.secondary() == b.secondary();
}

// As the kernel does it (__inet_insert_ifa, net/ipv4/devinet.c): secondary addresses at the end, a primary one behind
// the last primary one of its scope or a wider one.
void insert_in_kernel_order(std::vector<Address>& addresses, const Address& address)
{
    if (address.secondary()) {
        addresses.push_back(address);
        return;
    }
    auto place = addresses.begin();
    for (auto at = addresses.begin(); at != addresses.end(); ++at) {
        if (!at->secondary() && at->scope <= address.scope) {
            place = at + 1;
        }
    }
    addresses.insert(place, address);
}

auto find_place(std::vector<Address>& addresses, const Address& address)
{
    return std::find_if(addresses.begin(), addresses.end(),
                        [&](const Address& known) { return known.same_place(address); });
}

template <class Map, class Same>
bool same_maps(const Map& a, const Map& b, Same same)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& left, const auto& right) {
        return left.first == right.first && same(left.second, right.second);
    });
}

} // namespace

void Network::Picture::index(const Link& link)
{
    names.insert(link.name, link.index);
    if (link.master) {
        members.emplace(*link.master, link.index);
    }
    if (link.is_vrf()) {
        vrfs.insert(link.index);
    }
}

void Network::Picture::forget(const Link& link)
{
    names.erase(link.name, link.index);
    if (link.master) {
        members.erase({*link.master, link.index});
    }
    vrfs.erase(link.index);
}

bool Network::apply_to(Picture& picture, const netlink::LinkChanged& event)
{
    if (event.link.index.value() <= 0) {
        return false;
    }
    const auto [place, is_new] = picture.links.try_emplace(event.link.index, event.link);
    if (is_new) {
        picture.index(event.link);
        return true;
    }
    const bool relevant = !topology::same_to_us(place->second, event.link);
    if (relevant) {
        picture.forget(place->second);
        picture.index(event.link);
    }
    place->second = event.link;
    return relevant;
}

bool Network::apply_to(Picture& picture, const netlink::LinkRemoved& event)
{
    picture.addresses.erase(event.index);
    const auto known = picture.links.find(event.index);
    if (known == picture.links.end()) {
        return false;
    }
    picture.forget(known->second);
    picture.links.erase(known);
    return true;
}

bool Network::apply_to(Picture& picture, const netlink::AddressChanged& event)
{
    if (event.address.v4() == nullptr || event.address.prefix_length > 32 || event.address.index.value() <= 0) {
        return false;
    }
    auto& addresses = picture.addresses[event.address.index];
    const auto known = find_place(addresses, event.address);
    if (known != addresses.end()) {
        if (topology::same_to_us(*known, event.address)) {
            *known = event.address;
            return false;
        }
        addresses.erase(known); // a promoted secondary address moves to the primary ones
    }
    insert_in_kernel_order(addresses, event.address);
    return true;
}

bool Network::apply_to(Picture& picture, const netlink::AddressRemoved& event)
{
    const auto interface = picture.addresses.find(event.address.index);
    if (interface == picture.addresses.end()) {
        return false;
    }
    auto& addresses = interface->second;
    const auto known = find_place(addresses, event.address);
    if (known == addresses.end()) {
        return false;
    }
    addresses.erase(known);
    if (addresses.empty()) {
        picture.addresses.erase(interface);
    }
    return true;
}

bool Network::same_to_us(const Picture& a, const Picture& b)
{
    const auto same_addresses = [](const std::vector<Address>& left, const std::vector<Address>& right) {
        return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                          [](const Address& one, const Address& other) { return topology::same_to_us(one, other); });
    };
    const auto same_links = [](const Link& one, const Link& other) { return topology::same_to_us(one, other); };
    return same_maps(a.links, b.links, same_links) && same_maps(a.addresses, b.addresses, same_addresses);
}

void Network::apply(const netlink::Event& event)
{
    Picture& picture = coming_ ? *coming_ : now_;
    const bool relevant = std::visit([&](const auto& one) { return apply_to(picture, one); }, event);
    if (relevant && !coming_) {
        ++revision_;
    }
}

void Network::begin_resync()
{
    coming_.emplace();
}

void Network::end_resync()
{
    if (!coming_) {
        return;
    }
    if (!complete_ || !same_to_us(now_, *coming_)) {
        ++revision_;
    }
    now_ = std::move(*coming_);
    coming_.reset();
    complete_ = true;
}

void Network::replace(const std::vector<Link>& links, const std::vector<Address>& addresses)
{
    begin_resync();
    for (const auto& link : links) {
        apply(netlink::LinkChanged{link});
    }
    for (const auto& address : addresses) {
        apply(netlink::AddressChanged{address});
    }
    end_resync();
}

const Link* Network::link(InterfaceIndex index) const
{
    const auto found = now_.links.find(index);
    return found != now_.links.end() ? &found->second : nullptr;
}

const Link* Network::link(std::string_view name) const
{
    const auto& named = now_.names.find(name);
    return !named.empty() ? link(*named.begin()) : nullptr;
}

std::vector<const Link*> Network::links_named(std::string_view name) const
{
    std::vector<const Link*> links;
    for (const auto index : now_.names.find(name)) {
        links.push_back(link(index));
    }
    return links;
}

std::vector<const Link*> Network::members_of(InterfaceIndex master) const
{
    std::vector<const Link*> members;
    for (auto at = now_.members.lower_bound({master, InterfaceIndex()});
         at != now_.members.end() && at->first == master; ++at) {
        members.push_back(link(at->second));
    }
    return members;
}

std::vector<const Link*> Network::vrfs() const
{
    std::vector<const Link*> devices;
    for (const auto index : now_.vrfs) {
        devices.push_back(link(index));
    }
    return devices;
}

const Link* Network::vrf_of(const Link& link) const
{
    const auto* master = link.master ? this->link(*link.master) : nullptr;
    return master != nullptr && master->is_vrf() ? master : nullptr;
}

std::vector<InterfaceAddress> Network::addresses_of(InterfaceIndex index) const
{
    std::vector<InterfaceAddress> addresses;
    if (const auto found = now_.addresses.find(index); found != now_.addresses.end()) {
        for (const auto& address : found->second) {
            if (const auto* v4 = address.v4(); v4 != nullptr && address.global()) {
                addresses.push_back({*v4, Ipv4Prefix(*v4, address.prefix_length), address.secondary()});
            }
        }
    }
    return addresses;
}

std::vector<Ipv4Address> Network::all_addresses_of(InterfaceIndex index) const
{
    std::vector<Ipv4Address> addresses;
    if (const auto found = now_.addresses.find(index); found != now_.addresses.end()) {
        for (const auto& address : found->second) {
            if (const auto* v4 = address.v4()) {
                addresses.push_back(*v4);
            }
        }
    }
    return addresses;
}

} // namespace keavrf::topology
