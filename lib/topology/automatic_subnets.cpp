#include "topology/automatic_subnets.hpp"

#include <algorithm>
#include <set>

namespace keavrf::topology {

namespace {

// Interfaces that have a prefix in common are on one link, and so are all their prefixes.
struct SharedLink {
    std::string name; // of the first interface
    std::set<InterfaceIndex> interfaces;
    std::set<Ipv4Prefix> prefixes;
};

void add_to_links(std::vector<SharedLink>& links, const SubnetSource& source)
{
    SharedLink merged{source.interface_name, {source.interface}, {source.address.prefix}};
    const auto belongs = [&](const SharedLink& link) {
        return link.interfaces.contains(source.interface) || link.prefixes.contains(source.address.prefix);
    };
    auto place = std::find_if(links.begin(), links.end(), belongs);
    if (place == links.end()) {
        links.push_back(std::move(merged));
        return;
    }
    // A source can join what were two links until now; the first one's name stays.
    merged.name = place->name;
    for (auto& link : links) {
        if (belongs(link)) {
            merged.interfaces.insert(link.interfaces.begin(), link.interfaces.end());
            merged.prefixes.insert(link.prefixes.begin(), link.prefixes.end());
            link.prefixes.clear();
        }
    }
    *place = std::move(merged);
    std::erase_if(links, [](const SharedLink& link) { return link.prefixes.empty(); });
}

std::string shared_network_of(const std::vector<SharedLink>& links, const Ipv4Prefix& prefix)
{
    for (const auto& link : links) {
        if (link.prefixes.contains(prefix)) {
            return link.prefixes.size() > 1 ? link.name : std::string();
        }
    }
    return {};
}

const AutomaticSubnet* overlapping(const std::vector<AutomaticSubnet>& subnets, const Ipv4Prefix& prefix)
{
    const auto found = std::find_if(subnets.begin(), subnets.end(),
                                    [&](const AutomaticSubnet& subnet) { return subnet.prefix.overlaps(prefix); });
    return found != subnets.end() ? &*found : nullptr;
}

} // namespace

std::vector<AddressRange> pools_of(const Ipv4Prefix& prefix, const std::vector<Ipv4Address>& taken)
{
    if (prefix.length() >= 31) {
        return {};
    }
    std::vector<Ipv4Address> barriers{prefix.last()};
    std::copy_if(taken.begin(), taken.end(), std::back_inserter(barriers),
                 [&](Ipv4Address address) { return prefix.contains(address); });
    std::sort(barriers.begin(), barriers.end());
    std::vector<AddressRange> pools;
    std::uint32_t next = prefix.network().value() + 1;
    for (const auto barrier : barriers) {
        if (barrier.value() > next) {
            pools.push_back({Ipv4Address(next), Ipv4Address(barrier.value() - 1)});
        }
        // The last barrier may be 255.255.255.255: `next` wraps, and is not used any more.
        next = std::max(next, barrier.value() + 1);
    }
    return pools;
}

bool usable_address(Ipv4Address address)
{
    return address.value() >> 24U != 0 && !address.loopback() && !address.link_local() && !address.multicast_or_above();
}

AutomaticSubnets automatic_subnets(const std::vector<SubnetSource>& sources, const std::vector<Ipv4Address>& own)
{
    AutomaticSubnets result;
    std::vector<SharedLink> links;
    for (const auto& source : sources) {
        const auto& prefix = source.address.prefix;
        auto pools = pools_of(prefix, own);
        if (!usable_address(source.address.address) || pools.empty()) {
            continue;
        }
        const auto* known = overlapping(result.subnets, prefix);
        if (known != nullptr && known->prefix != prefix) {
            result.warnings.push_back("interface " + source.interface_name + ": no automatic subnet for " +
                                      prefix.str() + ": it overlaps " + known->prefix.str());
            continue;
        }
        add_to_links(links, source);
        if (known == nullptr) {
            result.subnets.push_back({prefix, std::move(pools), source.address.address, {}});
        }
    }
    for (auto& subnet : result.subnets) {
        subnet.shared_network = shared_network_of(links, subnet.prefix);
    }
    std::sort(result.subnets.begin(), result.subnets.end(),
              [](const AutomaticSubnet& a, const AutomaticSubnet& b) { return a.prefix < b.prefix; });
    return result;
}

} // namespace keavrf::topology
