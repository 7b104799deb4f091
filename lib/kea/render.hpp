// From the settings of one VRF to the configuration of its Kea, for the Kea version at hand. Pure.
//
// The user's Dhcp4 map passes through as it is (hooks, classes, reservations, options: anything Kea knows), but for
// what keavrfd owns (interfaces-config, control sockets, the lease file's place) and what it fills in where the user
// is silent: loggers, multi-threading off, subnet ids, automatic subnets. Spellings that changed between Kea versions
// are written as the version wants them.
#pragma once

#include "core/error.hpp"
#include "core/ip_address.hpp"
#include "core/pause.hpp"
#include "kea/paths.hpp"
#include "kea/version.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keavrf::kea {

// A subnet that follows from an interface's address.
struct Subnet {
    Ipv4Prefix prefix;
    std::vector<std::pair<Ipv4Address, Ipv4Address>> pools; // first and last
    Ipv4Address router;
    std::string shared_network; // subnets of one name form a shared network; empty: none
};

struct RenderInput {
    Version version;
    std::string vrf;         // ${vrf}
    std::uint32_t table = 0; // ${table}
    std::string host;        // ${host}
    // The user's Dhcp4 map, defaults merged in, variables not yet expanded.
    boost::json::object user;
    // Used only where the user's map has no subnet4 and no shared-networks.
    std::vector<Subnet> subnets;
    Ipv4Address kea_address; // of the Kea end of the pair
    std::string interface = "kea0";
    ServerPaths paths;
    Pause pause;
};

// {"Dhcp4": {...}} with sorted keys; subnets without an id get that of config/subnet_id.hpp. Errors: a subnet without a
// valid prefix, two subnets of one id, a map of a shape that cannot be completed.
Result<boost::json::object> render_dhcp4(const RenderInput& input);

// The file's text: indented, keys in the object's order, a newline at the end.
std::string to_text(const boost::json::object& configuration, const Pause& pause = {});

// 128 bits in hexadecimal, equal for equal texts; tells whether a running Kea has the configuration wanted. Not for
// security.
std::string configuration_hash(std::string_view text);

} // namespace keavrf::kea
