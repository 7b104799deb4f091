#include "instance/reverse_path.hpp"

#include "core/file.hpp"
#include "core/prefix_set.hpp"
#include "topology/resolve.hpp"

#include <algorithm>
#include <charconv>

namespace keavrf::instance {

namespace {

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

std::optional<Ipv4Prefix> subnet_off_link(const topology::Domain& domain, const std::vector<Ipv4Prefix>& subnets)
{
    PrefixSet links;
    for (const auto& port : domain.ports) {
        for (const auto& own : port.addresses) {
            links.insert(own.prefix);
        }
    }
    const auto found = std::find_if(subnets.begin(), subnets.end(),
                                    [&links](const Ipv4Prefix& subnet) { return !links.covers(subnet); });
    return found != subnets.end() ? std::optional(*found) : std::nullopt;
}

std::string reverse_path_warning(unsigned mode, const std::string& interface, const Ipv4Prefix& lost)
{
    return "port " + interface + ": rp_filter is " + std::to_string(mode) + ", so the kernel drops what clients in " +
           lost.str() + " broadcast when they rebind, unless the VRF has a route to them" +
           (mode == 1 ? " by this interface" : "") + " (sysctl -w net.ipv4.conf." + interface +
           ".rp_filter=0, and the same for all; or add the route)";
}

void keep_ports(std::set<InterfaceIndex>& warned, const topology::Domain& domain)
{
    std::erase_if(warned, [&domain](InterfaceIndex index) { return topology::find_port(domain, index) == nullptr; });
}

unsigned reverse_path_mode(const std::string& interface)
{
    return std::max(read_mode("all"), read_mode(interface));
}

} // namespace keavrf::instance
