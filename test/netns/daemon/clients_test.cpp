// The clients that people run, against keavrfd with a real Kea: the whole life of a lease.
#include "support/lab.hpp"
#include "support/real_client.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::test;
using keavrf::Ipv4Address;

namespace boost::test_tools::tt_detail {
template <>
struct print_log_value<ClientKind> {
    void operator()(std::ostream& out, ClientKind kind) { out << to_string(kind); }
};
} // namespace boost::test_tools::tt_detail

namespace {

constexpr std::array kinds{ClientKind::dhclient, ClientKind::dhcpcd, ClientKind::udhcpc};

// Short leases: T1 after 3 s, T2 after 8 s. udhcpc knows only the lease time: it renews at its half when nobody tells
// it to, and broadcasts at three quarters and more.
constexpr const char* short_leases = R"(
vrfs:
  red:
    device: none
    interfaces: [eth1]
    dhcp4:
      valid-lifetime: 16
      renew-timer: 3
      rebind-timer: 8
      subnet4:
        - subnet: 192.168.1.0/24
          pools: [{pool: 192.168.1.100 - 192.168.1.200}]
          option-data: [{name: routers, data: 192.168.1.1}]
)";

struct ShortLeases : Lab {
    Tenant tenant = add_tenant("eth1", "192.168.1.1/24");
    Daemon daemon = Daemon::with(short_leases);
    RawClient wire = tenant.client();

    ShortLeases() { daemon.wait_until("red", "serving"); }

    // A request that holds an address the client already has, sent to this destination.
    std::optional<DhcpFrame> request_to(Ipv4Address destination)
    {
        const auto is_it = [&](const DhcpFrame& frame) {
            return frame.outgoing && frame.message.type() == type::request && frame.message.ciaddr != Ipv4Address() &&
                   frame.destination == destination;
        };
        return wire.receive(is_it, client_patience);
    }
    // A request may be sent more than once before it is answered.
    std::optional<DhcpFrame> ack_for(const DhcpFrame& request)
    {
        const auto is_it = [&](const DhcpFrame& frame) {
            return !frame.outgoing && frame.message.type() == type::ack && frame.message.xid == request.message.xid;
        };
        return wire.receive(is_it, client_patience);
    }
    // Where the client's unicasts to the server go: to this MAC, without ARP.
    void lead_unicasts_to(const Mac& mac) const
    {
        ProgramOptions inside;
        inside.network_namespace = tenant.where.fd();
        const auto led =
            run({"ip", "neigh", "replace", "192.168.1.1", "lladdr", to_string(mac), "dev", "eth0", "nud", "permanent"},
                inside);
        BOOST_REQUIRE_MESSAGE(led.exit_code == 0, led.errors);
    }
};

bool kea_logs(const std::string& text)
{
    return eventually([&] { return Daemon::kea_log("red").find(text) != std::string::npos; }, client_patience);
}

} // namespace

BOOST_AUTO_TEST_SUITE(clients)

BOOST_DATA_TEST_CASE_F(ShortLeases, acquire_renew_by_unicast_rebind_and_release, kinds, kind)
{
    RealClient real(kind, tenant.where);
    const auto bound = real.bound();
    BOOST_REQUIRE_MESSAGE(bound, real.said() << daemon.log());

    real.hasten_renewal();
    const auto renewal = request_to(ip("192.168.1.1"));
    BOOST_REQUIRE_MESSAGE(renewal, real.said());
    const auto ack = ack_for(*renewal);
    BOOST_REQUIRE_MESSAGE(ack, real.said() << daemon.log());
    BOOST_TEST(ack->source == ip("192.168.1.1"));
    BOOST_TEST(ack->message.yiaddr.str() == bound->address);
    BOOST_TEST((ack->checksum != Checksum::wrong));
    BOOST_REQUIRE_MESSAGE(real.renewed(), real.said());

    // From here on nothing sent to the server by unicast arrives, so the client goes on to rebinding. What it reports
    // is counted from before its request: its script may be faster than we are.
    const auto seen = real.events().size();
    lead_unicasts_to(Mac{0x02, 0, 0, 0, 0xde, 0xad});
    const auto rebinding = request_to(ip("255.255.255.255"));
    BOOST_REQUIRE_MESSAGE(rebinding, real.said());
    const auto rebound = ack_for(*rebinding);
    BOOST_REQUIRE_MESSAGE(rebound, real.said() << daemon.log());
    BOOST_TEST(rebound->message.yiaddr.str() == bound->address);
    BOOST_REQUIRE_MESSAGE(real.renewed(seen), real.said());
    lead_unicasts_to(ack->source_mac);

    real.release();
    BOOST_TEST(kea_logs("DHCP4_RELEASE "), real.said() << Daemon::kea_log("red"));
    daemon.stop();
}

BOOST_DATA_TEST_CASE_F(ShortLeases, decline_an_address_that_is_taken, kinds, kind)
{
    // The first address of the pool answers ARP already: it is the host's own.
    network.add_address("eth1", "192.168.1.100/24");
    RealClient real(kind, tenant.where, "192.168.1.100");
    const auto bound = real.bound();
    BOOST_REQUIRE_MESSAGE(bound, real.said() << daemon.log());
    BOOST_TEST(bound->address != "192.168.1.100");
    BOOST_TEST(kea_logs("DHCP4_DECLINE_LEASE"), real.said() << Daemon::kea_log("red"));
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
