// A server that answers late, twice, wrongly, or in another's name; and relays behind two tenants' interfaces that have
// the same addresses.
#include "fake_server.hpp"
#include "relay_lab.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace keavrf::test;

namespace {

using keavrf::Ipv4Address;
using keavrf::dhcp::MessageType;
namespace relay = keavrf::relay;

const auto client_mac = mac("02:00:00:00:00:01");
const auto relay_mac = mac("02:00:00:00:00:99");

struct Faked : RelayLab {
    Faked()
    {
        network.add_client_interface("eth1", "", "192.168.1.1/24", client_namespace, client_mac);
        RelayDomain::Options options;
        options.name = "red";
        options.with_kea = false;
        red.emplace(thread, *io, hub, options);
        red->open(red->port("eth1", {"192.168.1.1/24"}));
        server.emplace(*red);
        client.emplace(client_namespace.fd(), "eth0", client_mac);
    }

    // A DISCOVER, and what the server got of it.
    std::pair<DhcpMessage, DhcpMessage> discover()
    {
        auto sent = client->message(type::discover);
        client->broadcast(sent);
        auto heard = server->receive();
        BOOST_REQUIRE(heard);
        BOOST_TEST(heard->xid == sent.xid);
        return {sent, *heard};
    }
    std::uint64_t dropped(relay::DropReason reason)
    {
        return red->counters().uplink_drops.at(static_cast<std::size_t>(reason));
    }

    ClientNamespace client_namespace;
    std::optional<RelayDomain> red;
    std::optional<FakeServer> server;
    std::optional<RawClient> client;
};

} // namespace

BOOST_AUTO_TEST_SUITE(relay4_server)

BOOST_FIXTURE_TEST_CASE(a_late_answer_reaches_its_client_by_giaddr, Faked)
{
    const auto [sent, heard] = discover();
    // Enough others meanwhile that nothing is remembered of the first.
    const TenantSocket tenant(client_namespace.fd());
    auto other = client->message(type::discover);
    for (std::size_t number = 0; number < relay::ExchangeTable::default_limit + 64; ++number) {
        ++other.xid;
        tenant.broadcast(other.encode());
        const auto asked = server->receive();
        BOOST_REQUIRE(asked);
        server->send(server->answer(*asked, type::offer, ip("192.168.1.151")), asked->giaddr);
        if (number % 32 == 0) {
            static_cast<void>(client->frames()); // it hears them too, and has a buffer
        }
    }
    server->send(server->answer(heard, type::offer, ip("192.168.1.150")), heard.giaddr);
    const auto offer = client->answer_to(sent);
    BOOST_REQUIRE(offer);
    BOOST_TEST((offer->message.yiaddr == ip("192.168.1.150")));
    BOOST_TEST((offer->message.address_option(option::server_id) == ip("192.168.1.1")));
    BOOST_TEST(offer->message.option(option::relay_agent) == nullptr);
    BOOST_TEST((offer->checksum == Checksum::valid));
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_comes_twice_is_delivered_twice_and_timed_once, Faked)
{
    const auto [sent, heard] = discover();
    const auto answer = server->answer(heard, type::offer, ip("192.168.1.150"));
    server->send(answer, heard.giaddr);
    server->send(answer, heard.giaddr);
    BOOST_TEST(client->answer_to(sent).has_value());
    BOOST_TEST(client->answer_to(sent).has_value());
    BOOST_TEST(red->counters().answer_times.count == 1U);
}

BOOST_FIXTURE_TEST_CASE(answers_in_another_order_reach_their_own_clients, Faked)
{
    struct Asked {
        DhcpMessage sent;
        DhcpMessage heard;
        Ipv4Address offered;
    };
    std::vector<Asked> asked;
    for (unsigned number = 1; number <= 8; ++number) {
        client->set_address({0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(number)});
        const auto [sent, heard] = discover();
        asked.push_back({sent, heard, ip("192.168.1." + std::to_string(100 + number))});
    }
    for (const std::size_t number : {7U, 0U, 4U, 2U, 6U, 1U, 5U, 3U}) {
        const auto& [sent, heard, offered] = asked.at(number);
        server->send(server->answer(heard, type::offer, offered), heard.giaddr);
    }
    std::map<std::uint32_t, DhcpFrame> answers;
    BOOST_TEST(eventually([&] {
        for (const auto& frame : client->frames()) {
            if (frame.message.op == 2) {
                answers.emplace(frame.message.xid, frame);
            }
        }
        return answers.size() == asked.size();
    }));
    for (const auto& [sent, heard, offered] : asked) {
        const auto& answer = answers.at(sent.xid);
        BOOST_TEST((answer.message.yiaddr == offered));
        BOOST_TEST((answer.destination == offered));
        BOOST_TEST(to_string(answer.destination_mac) == to_string(sent.chaddr));
    }
    BOOST_TEST(red->counters().answer_times.count == asked.size());
}

BOOST_FIXTURE_TEST_CASE(an_answer_in_another_name_goes_nowhere, Faked)
{
    ClientNamespace other_namespace;
    network.add_client_interface("eth2", "", "192.168.2.1/24", other_namespace, client_mac);
    RelayDomain::Options options;
    options.name = "blue";
    options.slot = 1;
    options.with_kea = false;
    RelayDomain blue(thread, *io, hub, options);
    blue.open(blue.port("eth2", {"192.168.2.1/24"}));
    RawClient neighbour(other_namespace.fd(), "eth0", client_mac);

    const auto [sent, heard] = discover();
    auto answer = server->answer(heard, type::offer, ip("192.168.1.150"));
    for (const auto* giaddr : {"192.168.2.1", "10.9.9.9", "169.254.1.1"}) { // blue's, nobody's, the pair's own
        answer.giaddr = ip(giaddr);
        server->send(answer, ip("192.168.1.1"));
        server->send(answer, answer.giaddr);
    }
    answer.giaddr = heard.giaddr;
    answer.op = 1;
    server->send(answer, heard.giaddr);
    server->send(Bytes(200, 2), heard.giaddr);
    server->send(Bytes(20000, 2), heard.giaddr);
    answer.op = 2;
    server->send(answer, heard.giaddr); // the right one, behind them
    BOOST_REQUIRE(client->answer_to(sent));
    BOOST_TEST(dropped(relay::DropReason::unknown_giaddr) == 6U);
    BOOST_TEST(dropped(relay::DropReason::not_reply) == 1U);
    BOOST_TEST(dropped(relay::DropReason::malformed) == 1U);
    BOOST_TEST(dropped(relay::DropReason::truncated) == 1U);
    std::size_t answers = 0;
    for (const auto& frame : client->frames()) {
        answers += frame.message.op == 2 ? 1U : 0U;
    }
    BOOST_TEST(answers == 1U);
    BOOST_TEST(neighbour.frames().empty());
    BOOST_TEST(blue.counters().uplink_drops == decltype(relay::RelayCounters::uplink_drops){});
}

BOOST_FIXTURE_TEST_CASE(long_answers_arrive_in_fragments, Faked)
{
    const auto [sent, heard] = discover();
    auto answer = server->answer(heard, type::offer, ip("192.168.1.150"));
    for (std::uint8_t code = 224; code < 232; ++code) {
        answer.add(code, Bytes(250, code));
    }
    const auto before = red->counters();
    server->send(answer, heard.giaddr);
    BOOST_TEST(eventually([&] { return red->counters().ports.begin()->second.v4.delivered(MessageType::offer) == 1; }));
    BOOST_TEST(red->counters().ports.begin()->second.v4.drops == before.ports.begin()->second.v4.drops);
}

// One relay behind red's eth1 and another behind blue's eth2, both 10.2.0.2 for 10.50.0.1, with the same client.
BOOST_FIXTURE_TEST_CASE(relays_of_two_tenants_may_have_the_same_addresses, RelayLab)
{
    struct Tenant {
        ClientNamespace site;
        std::optional<RelayDomain> domain;
        std::optional<FakeServer> server;
        std::optional<RawClient> relay;
        std::optional<DhcpMessage> heard;
    };
    std::array<Tenant, 2> tenants;
    auto discover = DhcpMessage();
    for (unsigned number = 0; number < tenants.size(); ++number) {
        auto& tenant = tenants.at(number);
        const auto interface = "eth" + std::to_string(number + 1);
        network.add_client_interface(interface, "", "10.2.0.1/24", tenant.site, relay_mac);
        // To the same place by each of them: a VRF would have a table of its own.
        const auto metric = std::to_string(100 + number);
        BOOST_REQUIRE(run({"ip", "route", "add", "10.50.0.0/24", "via", "10.2.0.2", "dev", interface, "metric", metric})
                          .exit_code == 0);
        RelayDomain::Options options;
        options.name = number == 0 ? "red" : "blue";
        options.slot = number;
        options.with_kea = false;
        tenant.domain.emplace(thread, *io, hub, options);
        auto config = tenant.domain->port(interface, {"10.2.0.1/24"});
        config.relay.trusted = true;
        tenant.domain->open(config);
        tenant.server.emplace(*tenant.domain);
        tenant.relay.emplace(tenant.site.fd(), "eth0", relay_mac);
        tenant.relay->hold(ip("10.2.0.2"));
    }
    discover = tenants[0].relay->message(type::discover); // the same of both, with one xid
    discover.giaddr = ip("10.50.0.1");
    discover.add(option::relay_agent, Bytes{1, 1, 65});
    for (auto& tenant : tenants) {
        BOOST_REQUIRE(tenant.relay->unicast_from_relay(discover, ip("10.2.0.2"), ip("10.2.0.1")));
        tenant.heard = tenant.server->receive();
        BOOST_REQUIRE(tenant.heard);
        BOOST_TEST((tenant.heard->giaddr == ip("10.50.0.1")));
    }
    const std::array<Ipv4Address, 2> offered{ip("10.50.0.100"), ip("10.50.0.200")};
    for (const std::size_t number : {1U, 0U}) { // the other way round
        auto& tenant = tenants.at(number);
        tenant.server->send(tenant.server->answer(*tenant.heard, type::offer, offered.at(number)), ip("10.50.0.1"));
    }
    for (std::size_t number = 0; number < tenants.size(); ++number) {
        const auto offer = tenants.at(number).relay->answer_to(discover);
        BOOST_REQUIRE(offer);
        BOOST_TEST((offer->message.yiaddr == offered.at(number)));
        BOOST_TEST((offer->destination == ip("10.50.0.1")));
        BOOST_TEST((offer->message.relay_suboption(1) == Bytes{65}));
        for (const auto& frame : tenants.at(number).relay->frames()) {
            BOOST_TEST((frame.message.op != 2 || frame.message.yiaddr == offered.at(number)), describe(frame));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
