#include "topology/automatic_subnets.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace keavrf::topology {

namespace {

// Interfaces that have a prefix in common are on one link, and so are all their prefixes. Links are joined as sources
// come; the number of a link is that of the first source on it.
class SharedLinks {
public:
    void add(const SubnetSource& source)
    {
        const auto at = links_.size();
        links_.push_back({at, source.interface_name});
        join(at, by_interface_.try_emplace(source.interface, at).first->second);
        join(at, by_prefix_.try_emplace(source.address.prefix, at).first->second);
    }

    // For each prefix the name of its link; empty where it is the only one there.
    std::map<Ipv4Prefix, std::string> shared_networks()
    {
        std::map<std::size_t, std::size_t> sizes;
        for (const auto& [prefix, at] : by_prefix_) {
            ++sizes[first_of(at)];
        }
        std::map<Ipv4Prefix, std::string> names;
        for (const auto& [prefix, at] : by_prefix_) {
            const auto first = first_of(at);
            names.emplace(prefix, sizes[first] > 1 ? links_[first].name : std::string());
        }
        return names;
    }

private:
    struct Link {
        std::size_t parent; // towards the first source; itself: it is the first
        std::string name;
    };

    std::size_t first_of(std::size_t at)
    {
        while (links_[at].parent != at) {
            links_[at].parent = links_[links_[at].parent].parent;
            at = links_[at].parent;
        }
        return at;
    }

    void join(std::size_t one, std::size_t other)
    {
        one = first_of(one);
        other = first_of(other);
        links_[std::max(one, other)].parent = std::min(one, other);
    }

    std::vector<Link> links_;
    std::map<InterfaceIndex, std::size_t> by_interface_;
    std::map<Ipv4Prefix, std::size_t> by_prefix_;
};

// Of prefixes that do not overlap each other, one that overlaps this one; null: none.
const Ipv4Prefix* overlapping(const std::set<Ipv4Prefix>& prefixes, const Ipv4Prefix& prefix)
{
    const auto behind = prefixes.lower_bound(prefix);
    if (behind != prefixes.end() && behind->network() <= prefix.last()) {
        return &*behind;
    }
    const bool reaches = behind != prefixes.begin() && std::prev(behind)->contains(prefix.network());
    return reaches ? &*std::prev(behind) : nullptr;
}

// `taken` is sorted.
std::vector<AddressRange> pools_among(const Ipv4Prefix& prefix, const std::vector<Ipv4Address>& taken)
{
    const auto first = std::lower_bound(taken.begin(), taken.end(), prefix.network());
    return pools_of(prefix, {first, std::upper_bound(first, taken.end(), prefix.last())});
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

AutomaticSubnets automatic_subnets(const std::vector<SubnetSource>& sources, std::vector<Ipv4Address> own)
{
    if (!std::is_sorted(own.begin(), own.end())) { // it mostly is
        std::sort(own.begin(), own.end());
    }
    AutomaticSubnets result;
    SharedLinks links;
    std::set<Ipv4Prefix> prefixes;
    for (const auto& source : sources) {
        const auto& prefix = source.address.prefix;
        auto pools = pools_among(prefix, own);
        if (!usable_address(source.address.address) || pools.empty()) {
            continue;
        }
        const auto* known = overlapping(prefixes, prefix);
        if (known != nullptr && *known != prefix) {
            result.warnings.push_back("interface " + source.interface_name + ": no automatic subnet for " +
                                      prefix.str() + ": it overlaps " + known->str());
            continue;
        }
        links.add(source);
        if (known == nullptr) {
            prefixes.insert(prefix);
            result.subnets.push_back({prefix, std::move(pools), source.address.address, {}});
        }
    }
    auto networks = links.shared_networks();
    for (auto& subnet : result.subnets) {
        subnet.shared_network = std::move(networks[subnet.prefix]);
    }
    std::sort(result.subnets.begin(), result.subnets.end(),
              [](const AutomaticSubnet& a, const AutomaticSubnet& b) { return a.prefix < b.prefix; });
    return result;
}

} // namespace keavrf::topology
