#include "instance/reverse_path.hpp"

#include "core/file.hpp"

#include <algorithm>
#include <charconv>

namespace keavrf::instance {

namespace {

bool on_some_link(const topology::Domain& domain, const Ipv4Prefix& subnet)
{
    return std::any_of(domain.ports.begin(), domain.ports.end(), [&subnet](const topology::PortSpec& port) {
        return std::any_of(port.addresses.begin(), port.addresses.end(), [&subnet](const auto& own) {
            return own.prefix.length() <= subnet.length() && own.prefix.contains(subnet.network());
        });
    });
}

unsigned read_mode(const std::string& scope)
{
    constexpr std::size_t limit = 16;
    const auto text = read_file("/proc/sys/net/ipv4/conf/" + scope + "/rp_filter", limit);
    unsigned mode = 0;
    if (text) {
        std::from_chars(text->data(), text->data() + text->size(), mode);
    }
    return mode;
}

} // namespace

std::string reverse_path_warning(unsigned mode, const topology::Domain& domain, const topology::PortSpec& port,
                                 const std::vector<Ipv4Prefix>& subnets)
{
    const auto lost = std::find_if(subnets.begin(), subnets.end(),
                                   [&domain](const Ipv4Prefix& subnet) { return !on_some_link(domain, subnet); });
    if (mode == 0 || lost == subnets.end()) {
        return {};
    }
    return "port " + port.name + ": rp_filter is " + std::to_string(mode) + ", so the kernel drops what clients in " +
           lost->str() + " broadcast when they rebind, unless the VRF has a route to them" +
           (mode == 1 ? " by this interface" : "") + " (sysctl -w net.ipv4.conf." + port.name +
           ".rp_filter=0, and the same for all; or add the route)";
}

unsigned reverse_path_mode(const std::string& interface)
{
    return std::max(read_mode("all"), read_mode(interface));
}

} // namespace keavrf::instance
