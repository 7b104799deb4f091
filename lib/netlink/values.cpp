// What links, addresses and neighbours say of themselves.
#include "netlink/rtnetlink.hpp"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace keavrf::netlink {

bool Link::up() const noexcept
{
    return (flags & IFF_UP) != 0;
}

bool Link::running() const noexcept
{
    return (flags & IFF_RUNNING) != 0;
}

bool Link::loopback() const noexcept
{
    return (flags & IFF_LOOPBACK) != 0;
}

bool Address::global() const noexcept
{
    return scope == RT_SCOPE_UNIVERSE;
}

bool Address::secondary() const noexcept
{
    return v4() != nullptr && (flags & IFA_F_SECONDARY) != 0;
}

bool Address::tentative() const noexcept
{
    return (flags & IFA_F_TENTATIVE) != 0;
}

bool Address::same_place(const Address& other) const
{
    return index == other.index && address == other.address && prefix_length == other.prefix_length;
}

std::string Address::str() const
{
    return to_string(address) + '/' + std::to_string(prefix_length);
}

bool Neighbour::permanent() const noexcept
{
    return (state & NUD_PERMANENT) != 0;
}

std::string to_string(const IpAddress& address)
{
    return std::visit([](const auto& value) { return value.str(); }, address);
}

} // namespace keavrf::netlink
