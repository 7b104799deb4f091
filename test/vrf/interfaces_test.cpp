// Members of a VRF that are no plain Ethernet: VLANs, bonds, bridges, macvlans. What the kernel does not have is left
// out, and said.
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

using namespace keavrf::test;

namespace {

bool ip_link(const std::vector<std::string>& arguments, int network_namespace = -1)
{
    std::vector<std::string> command{"ip", "link"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    ProgramOptions where;
    where.network_namespace = network_namespace;
    return run(command, where).exit_code == 0;
}

struct Stacked {
    std::string kind;
    std::string prefix; // "10.1.0."
    std::string client_interface = "eth0";
    ClientNamespace site;
};

struct Members : Lab {
    Members() { network.add_vrf("vrf-red", 1001); }

    // "up-vlan" on "low-vlan", a member of the VRF with an address; false where the kernel has no such devices.
    bool make(Stacked& stacked)
    {
        const auto& kind = stacked.kind;
        const auto lower = "low-" + kind;
        const auto upper = "up-" + kind;
        network.add_veth(lower, stacked.site, "eth0", tenant_mac);
        bool made = false;
        if (kind == "macvlan") {
            made = ip_link({"add", "link", lower, "name", upper, "type", kind, "mode", "bridge"});
        } else if (kind == "vlan") {
            made = ip_link({"add", "link", lower, "name", upper, "type", kind, "id", "10"}) &&
                   ip_link({"add", "link", "eth0", "name", "tagged", "type", kind, "id", "10"}, stacked.site.fd()) &&
                   ip_link({"set", "tagged", "up"}, stacked.site.fd());
            stacked.client_interface = "tagged";
        } else {
            made = ip_link({"add", upper, "type", kind}) && ip_link({"set", lower, "down"}) &&
                   ip_link({"set", lower, "master", upper}) && ip_link({"set", lower, "up"});
        }
        if (!made) {
            return false;
        }
        network.set_master(upper, "vrf-red");
        network.up(upper);
        network.add_address(upper, stacked.prefix + "1/24");
        return eventually([&] { return network.link(upper).running(); });
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(interfaces)

BOOST_FIXTURE_TEST_CASE(clients_are_served_by_members_that_stand_on_others, Members)
{
    std::vector<Stacked> all;
    for (const auto* kind : {"vlan", "bond", "bridge", "macvlan"}) {
        all.push_back({kind, "10." + std::to_string(all.size() + 1) + ".0.", "eth0", {}});
        if (!make(all.back())) {
            BOOST_TEST_MESSAGE("this kernel has no " << kind << ": left out");
            all.pop_back();
        }
    }
    BOOST_REQUIRE(!all.empty());
    auto daemon = Daemon::with("vrfs: {vrf-red: {}}\n");
    daemon.wait_until("vrf-red", "serving");
    for (const auto& [kind, prefix, interface, site] : all) {
        RawClient client(site.fd(), interface, tenant_mac);
        for (const bool broadcast : {false, true}) {
            const auto lease = client.acquire(broadcast);
            BOOST_REQUIRE_MESSAGE(lease, kind << ": " << daemon.log());
            BOOST_TEST(lease->server_id == ip(prefix + "1"), kind);
            BOOST_TEST(lease->address.str().starts_with(prefix), kind);
            const auto renewed = client.renew(*lease);
            BOOST_REQUIRE_MESSAGE(renewed, kind << ": " << daemon.log());
            BOOST_TEST(renewed->message.yiaddr == lease->address, kind);
        }
    }
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
