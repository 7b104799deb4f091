#include "topology/memory.hpp"

#include "core/prefix_set.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace keavrf::topology {

namespace {

using Place = std::tuple<InterfaceIndex, Ipv4Address, Ipv4Prefix>;

Place place_of(const SubnetSource& source)
{
    return {source.interface, source.address.address, source.address.prefix};
}

// The interfaces that have a primary address which was not there before.
std::set<InterfaceIndex> readdressed_interfaces(const std::vector<SubnetSource>& sources,
                                                const std::vector<RememberedAddress>& before)
{
    std::set<Place> known;
    for (const auto& remembered : before) {
        known.insert(place_of(remembered.source));
    }
    std::set<InterfaceIndex> readdressed;
    for (const auto& source : sources) {
        if (!source.address.secondary && !known.contains(place_of(source))) {
            readdressed.insert(source.interface);
        }
    }
    return readdressed;
}

} // namespace

AddressMemory::AddressMemory(std::vector<RememberedAddress> remembered, TimePoint now)
    : addresses_(std::move(remembered)), now_(now)
{
    std::erase_if(addresses_, [&](const RememberedAddress& address) {
        return address.vanished && now - *address.vanished >= subnet_linger;
    });
    for (const auto& remembered_one : addresses_) {
        known_.push_back(remembered_one.source.address.address);
    }
    std::sort(known_.begin(), known_.end());
}

bool AddressMemory::lingers(Ipv4Address address) const
{
    return std::binary_search(known_.begin(), known_.end(), address);
}

void AddressMemory::forget_if(const std::function<bool(InterfaceIndex)>& gone)
{
    std::erase_if(addresses_, [&](const RememberedAddress& remembered) { return gone(remembered.source.interface); });
}

void AddressMemory::see(std::vector<SubnetSource> sources)
{
    const auto readdressed = readdressed_interfaces(sources, addresses_);
    std::set<Place> here;
    std::set<Ipv4Prefix> prefixes;
    for (const auto& source : sources) {
        here.insert(place_of(source));
        prefixes.insert(source.address.prefix);
    }
    std::erase_if(addresses_,
                  [&](const RememberedAddress& remembered) { return here.contains(place_of(remembered.source)); });
    // A new address in the place of an old one is a change, no flap. Were the old subnet kept, Kea would go on giving
    // its addresses, which have lost their router, because both share the interface's network.
    // (An address of the same prefix lingers on: it stays out of the pool.)
    std::erase_if(addresses_, [&](const RememberedAddress& remembered) {
        return readdressed.contains(remembered.source.interface) &&
               !prefixes.contains(remembered.source.address.prefix);
    });
    for (auto& remembered : addresses_) {
        remembered.vanished = remembered.vanished.value_or(now_);
    }
    std::vector<RememberedAddress> seen;
    seen.reserve(sources.size() + addresses_.size());
    for (auto& source : sources) {
        seen.push_back({std::move(source), std::nullopt});
    }
    seen.insert(seen.end(), std::make_move_iterator(addresses_.begin()), std::make_move_iterator(addresses_.end()));
    addresses_ = std::move(seen);
}

std::vector<SubnetSource> AddressMemory::subnet_sources() const
{
    PrefixSet current;
    for (const auto& remembered : addresses_) {
        if (!remembered.vanished) {
            current.insert(remembered.source.address.prefix);
        }
    }
    std::vector<SubnetSource> sources;
    const auto superseded = [&](const RememberedAddress& old) { return current.overlaps(old.source.address.prefix); };
    for (const auto& remembered : addresses_) {
        if (!remembered.source.address.secondary && (!remembered.vanished || !superseded(remembered))) {
            sources.push_back(remembered.source);
        }
    }
    std::stable_sort(sources.begin(), sources.end(),
                     [](const SubnetSource& a, const SubnetSource& b) { return a.interface < b.interface; });
    return sources;
}

std::vector<Ipv4Address> AddressMemory::lingering_addresses() const
{
    std::vector<Ipv4Address> addresses;
    for (const auto& remembered : addresses_) {
        if (remembered.vanished) {
            addresses.push_back(remembered.source.address.address);
        }
    }
    return addresses;
}

std::optional<TimePoint> AddressMemory::deadline() const
{
    std::optional<TimePoint> first;
    for (const auto& remembered : addresses_) {
        if (remembered.vanished) {
            const auto end = *remembered.vanished + subnet_linger;
            first = std::min(first.value_or(end), end);
        }
    }
    return first;
}

} // namespace keavrf::topology
