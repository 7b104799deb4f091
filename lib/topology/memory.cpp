#include "topology/memory.hpp"

#include <algorithm>
#include <set>

namespace keavrf::topology {

namespace {

bool same_address(const RememberedAddress& remembered, const SubnetSource& source)
{
    return remembered.source.interface == source.interface &&
           remembered.source.address.address == source.address.address &&
           remembered.source.address.prefix == source.address.prefix;
}

} // namespace

AddressMemory::AddressMemory(std::vector<RememberedAddress> remembered, TimePoint now)
    : addresses_(std::move(remembered)), now_(now)
{
    std::erase_if(addresses_, [&](const RememberedAddress& address) {
        return address.vanished && now - *address.vanished >= subnet_linger;
    });
}

bool AddressMemory::lingers(Ipv4Address address) const
{
    return std::any_of(addresses_.begin(), addresses_.end(), [&](const RememberedAddress& remembered) {
        return remembered.source.address.address == address;
    });
}

void AddressMemory::forget_if(const std::function<bool(InterfaceIndex)>& gone)
{
    std::erase_if(addresses_, [&](const RememberedAddress& remembered) { return gone(remembered.source.interface); });
}

void AddressMemory::see(std::vector<SubnetSource> sources)
{
    std::set<InterfaceIndex> readdressed;
    for (const auto& source : sources) {
        const bool known = std::any_of(addresses_.begin(), addresses_.end(), [&](const RememberedAddress& remembered) {
            return same_address(remembered, source);
        });
        if (!known && !source.address.secondary) {
            readdressed.insert(source.interface);
        }
    }
    std::erase_if(addresses_, [&](const RememberedAddress& remembered) {
        return std::any_of(sources.begin(), sources.end(),
                           [&](const SubnetSource& source) { return same_address(remembered, source); });
    });
    // A new address in the place of an old one is a change, no flap. Were the old subnet kept, Kea would go on giving
    // its addresses, which have lost their router, because both share the interface's network.
    // (An address of the same prefix lingers on: it stays out of the pool.)
    std::erase_if(addresses_, [&](const RememberedAddress& remembered) {
        const auto& prefix = remembered.source.address.prefix;
        return readdressed.contains(remembered.source.interface) &&
               std::none_of(sources.begin(), sources.end(),
                            [&](const SubnetSource& source) { return source.address.prefix == prefix; });
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
    std::vector<SubnetSource> sources;
    const auto superseded = [&](const RememberedAddress& old) {
        return std::any_of(addresses_.begin(), addresses_.end(), [&](const RememberedAddress& other) {
            return !other.vanished && other.source.address.prefix.overlaps(old.source.address.prefix);
        });
    };
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
