// The packets of tools/bench through the relay and back, so that the judge sees what it measures with. Their UDP
// checksums are absent.
#include "fake_server.hpp"
#include "packet.hpp"
#include "relay_lab.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace keavrf::test;

namespace {

namespace bench = keavrf::bench;

struct Benched : RelayLab {
    Benched()
    {
        network.add_client_interface("eth1", "", "10.1.0.1/16", site, mac("02:6c:ff:00:00:00"));
        RelayDomain::Options options;
        options.name = "red";
        options.with_kea = false;
        red.emplace(thread, *io, hub, options);
        red->open(red->port("eth1", {"10.1.0.1/16"}));
        server.emplace(*red);
        wire.emplace(site.fd(), "eth0", mac("02:6c:ff:00:00:00"));
    }

    ClientNamespace site;
    std::optional<RelayDomain> red;
    std::optional<FakeServer> server;
    std::optional<RawClient> wire;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_bench)

BOOST_DATA_TEST_CASE_F(Benched, the_benchs_packets_go_there_and_back,
                       boost::unit_test::data::make({type::discover, type::request}), kind)
{
    bench::Road road;
    road.source = mac("02:6c:00:00:00:00");
    auto frame = bench::client_frame(kind, road);
    for (std::uint32_t client = 1; client <= 100; ++client) {
        bench::set_client(frame, 0x1000 + client, client, false);
        if (kind == type::request) {
            bench::set_request(frame, ip("10.1.0.5"), ip("10.1.0.1"));
        }
        wire->send(frame);
        const auto heard = server->receive();
        BOOST_REQUIRE(heard);
        Bytes answer(1024);
        answer.resize(bench::write_server_answer(heard->encode(), answer, red->kea_address(), ip("10.1.0.0")));
        server->send(answer, heard->giaddr);
        const auto delivered = wire->receive(
            [&](const DhcpFrame& seen) { return seen.message.op == 2 && seen.message.xid == 0x1000 + client; });
        BOOST_REQUIRE(delivered);
        BOOST_TEST(int{delivered->message.type()} == int{kind == type::discover ? type::offer : type::ack});
        BOOST_TEST((delivered->message.address_option(option::server_id) == ip("10.1.0.1")));
    }
}

BOOST_AUTO_TEST_SUITE_END()
