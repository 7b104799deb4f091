// Reverse path filtering of the host, and what it makes of clients: a client that rebinds broadcasts with its address
// as the source (RFC 2131 4.4.5), and the kernel drops it before any UDP socket hears it where the VRF has no route
// back to that address (ip-sysctl.rst, rp_filter).
#pragma once

#include "core/ip_address.hpp"
#include "topology/domain.hpp"

#include <string>
#include <vector>

namespace keavrf::instance {

// Pure. What to tell the operator of one port; empty: nothing is lost. `mode` is what counts for the interface: 0 off,
// 1 strict, 2 loose. Subnets on the link of any interface of the domain have their route; of the others nobody knows.
std::string reverse_path_warning(unsigned mode, const topology::Domain& domain, const topology::PortSpec& port,
                                 const std::vector<Ipv4Prefix>& subnets);

// The higher one of the interface's and that of `all`, as the kernel has it; 0 where it cannot be read.
unsigned reverse_path_mode(const std::string& interface);

} // namespace keavrf::instance
