// resolve(settings, network) -> domains: what the configuration asks for, made concrete by what the host has now. Pure:
// time comes in, and the only state, what was seen before, goes out and in again.
//
// Which domains there are: one for each VRF device that Settings::find serves; one for each exact entry of the
// configuration whose device does not exist (waiting); one for each entry with `device: none`.
//
// Which interfaces they serve: of a VRF the direct members (what is enslaved to a bridge that is a member counts as the
// bridge); of a `device: none` domain the interfaces that have no master, are no VRF devices and not loopback. Up or
// down makes no difference: a socket bound to an interface that is down hears again when it comes up, without anybody
// doing anything. A glob with `!` wins over any other mention. `device: none` with `auto` would serve every interface
// of the host; it serves none, and says so.
#pragma once

#include "config/settings.hpp"
#include "topology/automatic_subnets.hpp"
#include "topology/domain.hpp"
#include "topology/plan.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::topology {

class Network;

using TimePoint = std::chrono::steady_clock::time_point;

// How long an automatic subnet outlives its address, so that a flap does not reconfigure Kea.
inline constexpr std::chrono::seconds subnet_linger{30};

// An address that gave an automatic subnet when it was last looked at.
struct RememberedAddress {
    SubnetSource source;
    std::optional<TimePoint> vanished; // none: it was there
    friend bool operator==(const RememberedAddress&, const RememberedAddress&) = default;
};

// Belongs to the caller, who only hands it on from one resolve() to the next.
using Memory = std::map<VrfName, std::vector<RememberedAddress>>;

struct Resolution {
    Domains domains;
    Memory memory; // for the next call
    // When the first lingering subnet has had its time: resolve again then, even if nothing happened.
    std::optional<TimePoint> deadline;
};

Resolution resolve(const config::Settings& settings, const Network& network, const Memory& memory, TimePoint now);

// Equal fingerprints need the same sockets. It holds the interface's index (SO_BINDTODEVICE binds by index) and that of
// the VRF device (a VRF deleted and made again under its name gets fresh sockets). Not in it, and updated in place:
// the interface's name (a rename leaves the socket bound; only display and circuit-id change), its hardware address,
// MTU, addresses, giaddr, and all relay settings.
std::string fingerprint(const Domain& domain, const PortSpec& port);

// Null where the domain has no port of this index. By halving: a VRF may have thousands.
const PortSpec* find_port(const Domain& domain, InterfaceIndex index);

// Those warnings that were not among the ones before, in their order: what is to be told of them.
std::vector<std::string> news_among(const std::vector<std::string>& warnings, const std::vector<std::string>& before);

// What plan() compares, of a domain. `configuration_hash` is that of what its Kea shall run; it is not looked at
// where the domain cannot be served.
DesiredInstance desired_instance(const Domain& domain, std::string configuration_hash);

} // namespace keavrf::topology
