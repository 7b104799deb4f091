// The harness itself: its clients against a plain Kea on one bridge, without keavrfd, so that a failing test of the
// daemon speaks of the daemon.
#include "support/network.hpp"
#include "support/program.hpp"
#include "support/raw_client.hpp"
#include "support/real_client.hpp"
#include "support/sandbox.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

using namespace keavrf::test;

BOOST_TEST_GLOBAL_FIXTURE(Isolation);

namespace boost::test_tools::tt_detail {
template <>
struct print_log_value<ClientKind> {
    void operator()(std::ostream& out, ClientKind kind) { out << to_string(kind); }
};
} // namespace boost::test_tools::tt_detail

namespace {

const auto client_mac = mac("02:00:00:00:00:01");

struct PlainKea : Sandbox {
    PlainKea()
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", client, client_mac);
        const auto file = write_file("kea.json", R"({"Dhcp4": {
            "interfaces-config": {"interfaces": ["eth1"]}, "authoritative": true,
            "lease-database": {"type": "memfile", "persist": false},
            "control-socket": {"socket-type": "unix", "socket-name": "/run/test/kea.sock"},
            "valid-lifetime": 20, "renew-timer": 2, "rebind-timer": 5,
            "subnet4": [{"id": 1, "subnet": "192.168.1.0/24",
                         "pools": [{"pool": "192.168.1.100 - 192.168.1.200"}],
                         "option-data": [{"name": "routers", "data": "192.168.1.1"}]}],
            "loggers": [{"name": "kea-dhcp4", "severity": "INFO",
                         "output_options": [{"output": "stdout"}]}]}})");
        ProgramOptions options;
        options.environment = {{"KEA_PIDFILE_DIR", folder()}, {"KEA_LOCKFILE_DIR", folder()}};
        kea.emplace(std::vector<std::string>{"kea-dhcp4", "-c", file}, options);
        BOOST_REQUIRE_MESSAGE(kea->says("DHCP4_STARTED"), kea->output() << kea->errors());
    }

    Network network;
    ClientNamespace client;
    std::optional<Program> kea;
};

constexpr std::array kinds{ClientKind::dhclient, ClientKind::dhcpcd, ClientKind::udhcpc};

} // namespace

BOOST_AUTO_TEST_SUITE(harness)

BOOST_FIXTURE_TEST_CASE(the_frame_level_client_goes_all_the_way, PlainKea)
{
    RawClient raw(client.fd(), "eth0", client_mac);
    const auto lease = raw.acquire();
    BOOST_REQUIRE(lease);
    BOOST_TEST(lease->server_id == ip("192.168.1.1"));
    const auto renewed = raw.renew(*lease);
    BOOST_REQUIRE_MESSAGE(renewed, kea->output());
    BOOST_TEST(renewed->message.type() == type::ack);
    BOOST_TEST(to_string(renewed->destination_mac) == to_string(client_mac));
    const auto rebound = raw.rebind(*lease);
    BOOST_REQUIRE(rebound);
    BOOST_TEST(rebound->message.yiaddr == lease->address);
    const auto informed = raw.inform(lease->address);
    BOOST_REQUIRE(informed);
    BOOST_TEST(informed->message.yiaddr == keavrf::Ipv4Address());
    BOOST_TEST(raw.release(*lease));
    BOOST_TEST(kea->says("DHCP4_RELEASE"));
    raw.decline(raw.acquire().value());
    BOOST_TEST(kea->says("DHCP4_DECLINE_LEASE"));
    kea.reset();
}

BOOST_DATA_TEST_CASE_F(PlainKea, real_clients_decline_a_taken_address_bind_renew_and_release, kinds, kind)
{
    // The first address of the pool is the server's own: whoever probes it finds it taken.
    network.add_address("eth1", "192.168.1.100/24");
    RawClient wire(client.fd(), "eth0", client_mac);
    RealClient real(kind, client, "192.168.1.100");
    const auto bound = real.bound();
    BOOST_REQUIRE_MESSAGE(bound, real.said() << kea->output());
    BOOST_TEST(bound->address != "192.168.1.100");
    BOOST_TEST(kea->says("DHCP4_DECLINE_LEASE"), real.said());
    const auto renewal = wire.receive([](const DhcpFrame& frame) {
        return frame.outgoing && frame.message.type() == type::request &&
               frame.message.ciaddr != keavrf::Ipv4Address() && frame.destination == ip("192.168.1.1");
    });
    BOOST_TEST(renewal.has_value(), real.said());
    real.release();
    BOOST_TEST(kea->says("DHCP4_RELEASE"), real.said());
    kea.reset();
}

BOOST_FIXTURE_TEST_CASE(what_is_left_behind_is_found, Sandbox)
{
    {
        Program sleeper({"sleep", "1000"});
        const auto found = [] { return leftovers().size() == 1 && leftovers()[0].ends_with("sleep 1000"); };
        BOOST_TEST(eventually(found));
    }
    check_nothing_left();
}

BOOST_FIXTURE_TEST_CASE(the_host_state_shows_a_new_link, Sandbox)
{
    const auto before = host_state();
    BOOST_TEST(difference(before, host_state()) == "");
    Network().add_bridge("br0");
    BOOST_TEST(difference(before, host_state()).find("br0") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_program_tells_its_exit_code_and_signal, Sandbox)
{
    BOOST_TEST(run({"sh", "-c", "echo out; echo err >&2; exit 7"}).exit_code == 7);
    BOOST_TEST(run({"sh", "-c", "kill -9 $$"}).exit_code == 128 + SIGKILL);
    BOOST_TEST(run({"/no/such/program"}).exit_code == 127);
    ProgramOptions first;
    first.pid_namespace = true;
    BOOST_TEST(run({"sh", "-c", "echo $$"}, first).output == "1\n");
}

BOOST_AUTO_TEST_SUITE_END()
