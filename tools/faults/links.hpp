// Links and routes that a fault takes away, by the project's own netlink.
#pragma once

#include <string>
#include <vector>

namespace keavrf::faults {

// Names of the links in the current namespace, sorted.
std::vector<std::string> host_links();

// Of netlink in any namespace; what is not there (any more) is no error.
void try_remove_link(int network_namespace, const std::string& name);
void try_link_down(int network_namespace, const std::string& name);
void try_remove_any_local_route(int network_namespace);

} // namespace keavrf::faults
