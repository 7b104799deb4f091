#include "core/prefix_set.hpp"

#include <bit>

namespace keavrf {

void PrefixSet::insert(const Ipv4Prefix& prefix)
{
    if (++counts_[prefix] == 1) {
        ++lengths_.at(prefix.length());
    }
}

void PrefixSet::erase(const Ipv4Prefix& prefix) noexcept
{
    const auto found = counts_.find(prefix);
    if (found != counts_.end() && --found->second == 0) {
        counts_.erase(found);
        --lengths_[prefix.length()];
    }
}

bool PrefixSet::covers(const Ipv4Prefix& prefix) const noexcept
{
    for (unsigned length = 0; length <= prefix.length(); ++length) {
        if (lengths_[length] != 0 && counts_.contains(Ipv4Prefix(prefix.network(), length))) {
            return true;
        }
    }
    return false;
}

bool PrefixSet::overlaps(const Ipv4Prefix& prefix) const noexcept
{
    // What does not hold all of it lies within it.
    const auto first = counts_.lower_bound(prefix);
    return (first != counts_.end() && first->first.network() <= prefix.last()) || covers(prefix);
}

Ipv4Prefix common_prefix(Ipv4Address one, Ipv4Address other) noexcept
{
    return {one, static_cast<unsigned>(std::countl_zero(one.value() ^ other.value()))};
}

} // namespace keavrf
