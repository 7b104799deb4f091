// A host with client interfaces, a tenant's namespace at the other end of each, ready for keavrfd.
#pragma once

#include "support/daemon.hpp"
#include "support/network.hpp"
#include "support/raw_client.hpp"
#include "support/sandbox.hpp"

#include <map>
#include <string>

namespace keavrf::test {

// What lies at the other end of one client interface of the host.
struct Tenant {
    ClientNamespace where;
    Mac mac{};
    // A client on its "eth0", with its hardware address unless told otherwise.
    [[nodiscard]] RawClient client() const { return {where.fd(), "eth0", mac}; }
    [[nodiscard]] RawClient client(const Mac& other) const { return {where.fd(), "eth0", other}; }
};

inline const Mac tenant_mac{0x02, 0, 0, 0, 0, 0x01};

struct Lab : Sandbox {
    Network network;

    Lab() { network.up("lo"); }
    // Interface `name` of the host, with an address, in a VRF where `master` names one. All tenants have one MAC.
    Tenant add_tenant(const std::string& name, const std::string& address_and_length, const std::string& master = {})
    {
        Tenant tenant{ClientNamespace(), tenant_mac};
        network.add_client_interface(name, master, address_and_length, tenant.where, tenant.mac);
        return tenant;
    }
};

// The server's word on a lease, for messages.
inline std::string describe(const std::optional<DhcpFrame>& frame)
{
    return frame ? describe(*frame) : "no answer";
}

} // namespace keavrf::test
