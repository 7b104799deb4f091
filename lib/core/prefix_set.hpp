// IPv4 prefixes that are asked what they cover: in a few looks whatever their number, at most one for each length that
// is there. Pure.
#pragma once

#include "core/ip_address.hpp"

#include <array>
#include <map>

namespace keavrf {

// The same prefix may be in it several times.
class PrefixSet {
public:
    void insert(const Ipv4Prefix& prefix);
    // Once; nothing happens where it is not there.
    void erase(const Ipv4Prefix& prefix) noexcept;

    // One of them holds all of `prefix`.
    [[nodiscard]] bool covers(const Ipv4Prefix& prefix) const noexcept;
    [[nodiscard]] bool covers(Ipv4Address address) const noexcept { return covers(Ipv4Prefix(address, 32)); }
    // One of them has an address in common with `prefix`.
    [[nodiscard]] bool overlaps(const Ipv4Prefix& prefix) const noexcept;

private:
    std::map<Ipv4Prefix, std::size_t> counts_;
    std::array<std::size_t, 33> lengths_{}; // how many different prefixes have each length
};

// The longest prefix that holds both.
Ipv4Prefix common_prefix(Ipv4Address one, Ipv4Address other) noexcept;

} // namespace keavrf
