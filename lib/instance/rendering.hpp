// From a domain, and the instance that serves it, to what Kea and the relay are told. Pure.
#pragma once

#include "core/error.hpp"
#include "core/pause.hpp"
#include "core/types.hpp"
#include "instance/pair_addresses.hpp"
#include "kea/paths.hpp"
#include "kea/version.hpp"
#include "relay/port_config.hpp"
#include "topology/domain.hpp"

#include <string>
#include <vector>

namespace keavrf::instance {

// What Kea shall run.
struct Rendering {
    std::string text;
    std::string hash;
    // The subnets in it, automatic or the user's own.
    std::vector<Ipv4Prefix> subnets;
};

struct RenderingContext {
    kea::Version version;
    std::string host; // ${host}
    kea::ServerPaths paths;
    Pause pause;
};

Result<Rendering> render_dhcp4(const topology::Domain& domain, const PairAddresses& addresses,
                               const RenderingContext& context);

// Of a text that was rendered before; no subnets where it is no configuration.
Rendering rendered(std::string text);

// Whether a text that was rendered before names the lease file of these paths, or none: with that of another state-dir
// Kea would work on leases that nobody keeps from others.
bool is_for_leases_of(const std::string& text, const kea::ServerPaths& paths);

relay::PortConfig port_config(const topology::PortSpec& port);

kea::ServerPaths server_paths(const VrfName& vrf, const config::Settings& settings);

} // namespace keavrf::instance
