// Interfaces that have left the domain they were given to: moved to another VRF, renamed, gone. What is heard on them
// is another tenant's from that moment on, so their ports close as soon as an event tells, and not only when the
// network has been quiet for long enough to look at all of it (resolve.hpp). Pure.
#pragma once

#include "topology/domain.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keavrf::topology {

class Network;

// Why a port's interface is not where this domain hears clients; empty: it still is. Never empty where resolve() would
// give it to another domain. A renamed interface of a VRF stays where its new name is chosen, too; one without a VRF
// does not, since other domains may want it by that name.
std::string why_departed(const Network& network, const Domain& domain, const PortSpec& port);

struct PortVerdict {
    VrfName vrf;
    InterfaceIndex port;
    std::string departed; // why_departed()
};

// All ports of one domain.
std::vector<PortVerdict> judge_ports(const Network& network, const Domain& domain);

// Whom a change of one link concerns, without a look at all domains for each: there may be a thousand, and a storm of
// events. Belongs to whoever holds the domains.
class PortOwners {
public:
    // The domains have changed, or may have.
    void forget() noexcept { index_.reset(); }
    // The ports on that interface; of a VRF device, all ports of its domain. `domains`: those of the last time, unless
    // forget() was called since.
    std::vector<PortVerdict> judge(const Network& network, const Domains& domains, InterfaceIndex changed);

private:
    struct Index {
        std::multimap<InterfaceIndex, VrfName> by_port;
        std::multimap<InterfaceIndex, VrfName> by_device;
    };
    static Index index_of(const Domains& domains);

    std::optional<Index> index_; // all of it or nothing, also where there was no memory for it
};

} // namespace keavrf::topology
