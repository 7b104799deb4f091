// Reverse path filtering of the host, and what it makes of clients: a client that rebinds broadcasts with its address
// as the source (RFC 2131 4.4.5), and the kernel drops it before any UDP socket hears it where the VRF has no route
// back to that address (ip-sysctl.rst, rp_filter).
#pragma once

#include "core/ip_address.hpp"
#include "topology/domain.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace keavrf::instance {

// Pure. The first of `subnets` that is on the link of no interface of the domain: those that are have their route, of
// the others nobody knows. It is the same for all ports, of which there may be thousands: asked once, and only where
// the kernel filters.
std::optional<Ipv4Prefix> subnet_off_link(const topology::Domain& domain, const std::vector<Ipv4Prefix>& subnets);

// Pure. What to tell the operator of one port on whose interface the kernel filters (`mode` is 1, strict, or 2, loose).
std::string reverse_path_warning(unsigned mode, const std::string& interface, const Ipv4Prefix& lost);

// Pure. Keeps of those who were warned of the ones that still are ports of the domain: interfaces come with new indices
// for ever.
void keep_ports(std::set<InterfaceIndex>& warned, const topology::Domain& domain);

// What counts for the interface: 0 off, 1 strict, 2 loose. The higher one of its own and that of `all`, as the kernel
// has it; 0 where it cannot be read.
unsigned reverse_path_mode(const std::string& interface);

} // namespace keavrf::instance
