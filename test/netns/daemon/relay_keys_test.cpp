// Each key of an interface's relay settings, from the YAML file to what Kea is sent (docs/configuration.md, "relay").
#include "netns/namespace.hpp"
#include "support/lab.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <array>
#include <functional>

using namespace keavrf::test;
using keavrf::Ipv4Address;

namespace {

// What of option 82 a client of its own invention sends.
const Bytes foreign_option82{1, 1, 65};
constexpr std::uint8_t bootp_type = 0;

struct Port {
    std::string name;
    int index = 0;
    std::string mac;
    Ipv4Address address; // 10.0.N.1; 10.0.N.2 is its second one
};

// One interface with one key, one message, and what Kea gets of it.
struct Case {
    const char* keys;
    std::function<void(DhcpMessage&)> change;
    std::function<bool(const std::optional<DhcpMessage>&, const Port&)> is_so;
};

std::string host_name()
{
    std::array<char, 256> name{};
    BOOST_REQUIRE(::gethostname(name.data(), name.size() - 1) == 0);
    return name.data();
}

Bytes text(const std::string& value)
{
    return {value.begin(), value.end()};
}

Bytes bytes_of(Ipv4Address address)
{
    Bytes bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        bytes.push_back(static_cast<std::uint8_t>(address.value() >> shift));
    }
    return bytes;
}

bool suboption_is(const std::optional<DhcpMessage>& heard, std::uint8_t code, const Bytes& value)
{
    return heard && heard->relay_suboption(code) == value;
}

void plain(DhcpMessage& /*message*/) {}

void with_option82(DhcpMessage& message)
{
    message.add(option::relay_agent, foreign_option82);
}

Bytes own_option82(const Port& port)
{
    Bytes value{1, static_cast<std::uint8_t>(port.name.size())};
    value.insert(value.end(), port.name.begin(), port.name.end());
    value.insert(value.end(), {2, 3, 'r', 'e', 'd'});
    return value;
}

bool option82_is(const std::optional<DhcpMessage>& heard, const Bytes& value)
{
    return heard && heard->option(option::relay_agent) != nullptr && *heard->option(option::relay_agent) == value;
}

const std::vector<Case>& option82_cases()
{
    static const std::vector<Case> cases{
        {"", plain, [](const auto& heard, const Port& port) { return option82_is(heard, own_option82(port)); }},
        {R"(circuit-id: "${vrf}/${interface}/${ifindex}")", plain,
         [](const auto& heard, const Port& port) {
             return suboption_is(heard, 1, text("red/" + port.name + "/" + std::to_string(port.index)));
         }},
        {R"(remote-id: "${host} ${mac}")", plain,
         [](const auto& heard, const Port& port) {
             return suboption_is(heard, 2, text(host_name() + " " + port.mac));
         }},
        {R"(circuit-id: "", remote-id: "")", plain,
         [](const auto& heard, const Port&) { return heard && heard->option(option::relay_agent) == nullptr; }},
        {"link-selection: true", plain,
         [](const auto& heard, const Port& port) { return suboption_is(heard, 5, bytes_of(port.address)); }},
        {"relay-flags: true", plain, [](const auto& heard, const Port&) { return suboption_is(heard, 10, {0}); }},
        {"server-id-override: true", plain,
         [](const auto& heard, const Port& port) { return suboption_is(heard, 11, bytes_of(port.address)); }},
        {R"(vss: "${vrf}")", plain,
         [](const auto& heard, const Port&) {
             return suboption_is(heard, 151, {0, 'r', 'e', 'd'}) && suboption_is(heard, 152, {});
         }},
        {R"(vss: "00005e:0000002a")", plain,
         [](const auto& heard, const Port&) {
             return suboption_is(heard, 151, {1, 0, 0, 0x5e, 0, 0, 0, 0x2a});
         }},
        {"trusted: true, option82: drop", with_option82, [](const auto& heard, const Port&) { return !heard; }},
        {"trusted: true, option82: keep", with_option82,
         [](const auto& heard, const Port&) { return option82_is(heard, foreign_option82); }},
        {"trusted: true, option82: replace", with_option82,
         [](const auto& heard, const Port& port) { return option82_is(heard, own_option82(port)); }},
        {"trusted: true, option82: append", with_option82,
         [](const auto& heard, const Port&) {
             auto both = foreign_option82; // its circuit-id is theirs
             both.insert(both.end(), {2, 3, 'r', 'e', 'd'});
             return option82_is(heard, both);
         }},
        {"option82: keep", with_option82, [](const auto& heard, const Port&) { return !heard; }},
        {"max-size: 576", [](auto& message) { message.add(224, Bytes(250, 7)), message.add(225, Bytes(60, 7)); },
         [](const auto& heard, const Port&) { return heard && heard->option(option::relay_agent) == nullptr; }},
    };
    return cases;
}

const std::vector<Case>& other_cases()
{
    const auto relayed = [](auto& message) { message.giaddr = ip("10.50.0.1"); };
    static const std::vector<Case> cases{
        {"", plain,
         [](const auto& heard, const Port& port) {
             return heard && heard->giaddr == port.address && heard->hops == 1;
         }},
        {"giaddr: SECOND", plain,
         [](const auto& heard, const Port& port) {
             return heard && heard->giaddr == Ipv4Address(port.address.value() + 1);
         }},
        {"trusted: true", relayed,
         [](const auto& heard, const Port&) { return heard && heard->giaddr == ip("10.50.0.1"); }},
        {"trusted: false", relayed, [](const auto& heard, const Port&) { return !heard; }},
        {"max-hops: 4", [](auto& message) { message.hops = 4; }, [](const auto& heard, const Port&) { return !heard; }},
        {"max-hops: 5", [](auto& message) { message.hops = 4; },
         [](const auto& heard, const Port&) { return heard && heard->hops == 5; }},
        {"bootp: true", [](auto& message) { message.options.clear(); },
         [](const auto& heard, const Port&) { return heard && heard->type() == bootp_type; }},
        {"bootp: false", [](auto& message) { message.options.clear(); },
         [](const auto& heard, const Port&) { return !heard; }},
        {"max-size: 577", [](auto& message) { message.add(224, Bytes(200, 7)); },
         [](const auto& heard, const Port& port) { return option82_is(heard, own_option82(port)); }},
    };
    return cases;
}

// A domain "red" with an interface for each case, and one who listens on the link to Kea.
struct Keys : Lab {
    explicit Keys(const std::vector<Case>& cases)
    {
        std::string interfaces;
        for (std::size_t number = 0; number < cases.size(); ++number) {
            Port port;
            port.name = "eth" + std::to_string(number);
            const auto base = "10.0." + std::to_string(number) + ".";
            port.address = ip(base + "1");
            tenants.push_back(add_tenant(port.name, base + "1/24"));
            network.add_address(port.name, base + "2/24");
            const auto link = network.link(port.name);
            port.index = link.index.value();
            port.mac = link.address.str();
            std::string keys = cases[number].keys;
            if (const auto at = keys.find("SECOND"); at != std::string::npos) {
                keys.replace(at, 6, base + "2");
            }
            interfaces += "      " + port.name + ": {" + keys + "}\n";
            ports.push_back(std::move(port));
        }
        daemon.emplace(Daemon::with("vrfs:\n  red:\n    device: none\n    interfaces:\n" + interfaces));
        daemon->wait_until("red", "serving");
        uplink.emplace(keavrf::netns::open("keavrf-hub").value().fd.get(), "red", tenant_mac);
    }

    // What Kea was sent of this message, or nothing where it got the next one instead.
    std::optional<DhcpMessage> forwarded(RawClient& client, const DhcpMessage& message)
    {
        const auto behind = client.message(type::discover);
        client.broadcast(message);
        client.broadcast(behind);
        const auto seen = uplink->receive([&](const DhcpFrame& frame) {
            return frame.message.op == 1 && (frame.message.xid == message.xid || frame.message.xid == behind.xid);
        });
        BOOST_REQUIRE_MESSAGE(seen, daemon->log());
        return seen->message.xid == message.xid ? std::optional(seen->message) : std::nullopt;
    }

    std::vector<Tenant> tenants;
    std::vector<Port> ports;
    std::optional<Daemon> daemon;
    std::optional<RawClient> uplink;
};

void check(const std::vector<Case>& cases)
{
    Keys keys(cases);
    for (std::size_t number = 0; number < cases.size(); ++number) {
        const auto& [text, change, is_so] = cases[number];
        auto client = keys.tenants[number].client();
        auto message = client.message(type::discover);
        change(message);
        const auto heard = keys.forwarded(client, message);
        BOOST_TEST(is_so(heard, keys.ports[number]), "{" << text << "}: " << (heard ? "forwarded" : "not forwarded"));
    }
    keys.daemon->stop();
}

} // namespace

BOOST_AUTO_TEST_SUITE(relay_keys)

BOOST_AUTO_TEST_CASE(each_key_of_option_82_reaches_kea)
{
    check(option82_cases());
}

BOOST_AUTO_TEST_CASE(every_other_key_reaches_kea)
{
    check(other_cases());
}

BOOST_AUTO_TEST_CASE(a_rate_and_its_burst_bound_what_an_interface_may_send)
{
    Keys keys({{"rate: 0.001, burst: 2", plain, {}}});
    auto client = keys.tenants[0].client();
    for (int number = 0; number < 5; ++number) {
        client.broadcast(client.message(type::discover));
    }
    BOOST_TEST(keys.daemon->becomes("red", [](const auto& status) {
        const auto found = status.drops.find("rate");
        return found != status.drops.end() && found->second == 3;
    }));
    keys.daemon->stop();
}

BOOST_AUTO_TEST_CASE(what_has_no_room_for_option_82_goes_on_and_is_counted)
{
    Keys keys({{"max-size: 576", plain, {}}});
    auto client = keys.tenants[0].client();
    auto message = client.message(type::discover);
    message.add(224, Bytes(250, 7));
    message.add(225, Bytes(70, 7));
    const auto heard = keys.forwarded(client, message); // and one behind it, which has room
    BOOST_REQUIRE(heard);
    BOOST_TEST(!heard->relay_suboption(1).has_value());
    BOOST_TEST(keys.daemon->becomes("red", [](const auto& status) {
        return status.messages_in == 2 && status.option82_overflow == 1 && status.drops.empty();
    }));
    keys.daemon->stop();
}

// From the file's top to the interface, the nearest one counts.
BOOST_FIXTURE_TEST_CASE(keys_of_defaults_of_the_vrf_and_of_the_interface_come_together, Lab)
{
    const auto tenant = add_tenant("eth1", "192.168.1.1/24");
    auto daemon = Daemon::with("defaults: {relay: {circuit-id: d, remote-id: d, link-selection: true}}\n"
                               "vrfs:\n  red:\n    device: none\n    relay: {circuit-id: v, remote-id: v}\n"
                               "    interfaces: {eth1: {circuit-id: i}}\n");
    daemon.wait_until("red", "serving");
    RawClient uplink(keavrf::netns::open("keavrf-hub").value().fd.get(), "red", tenant_mac);
    auto client = tenant.client();
    const auto sent = client.message(type::discover);
    client.broadcast(sent);
    const auto seen =
        uplink.receive([&](const DhcpFrame& frame) { return frame.message.op == 1 && frame.message.xid == sent.xid; });
    BOOST_REQUIRE_MESSAGE(seen, daemon.log());
    BOOST_TEST((seen->message.relay_suboption(1) == Bytes{'i'}));
    BOOST_TEST((seen->message.relay_suboption(2) == Bytes{'v'}));
    BOOST_TEST((seen->message.relay_suboption(5) == bytes_of(ip("192.168.1.1"))));
    daemon.stop();
}

BOOST_AUTO_TEST_SUITE_END()
