// What keavrfd does to links, addresses, routes and neighbours, on the real kernel.
#include "await.hpp"
#include "netlink/client.hpp"
#include "netns/namespace.hpp"
#include "netns/socket.hpp"
#include "netns/sysctl.hpp"
#include "support/private_host.hpp"
#include "support/wait.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace {

using namespace keavrf::netlink;
using namespace keavrf;
using keavrf::test::await;
using keavrf::test::PrivateHost;

Ipv4Address v4(std::string_view text)
{
    return *Ipv4Address::parse(text);
}

Ipv6Address v6(std::string_view text)
{
    return *Ipv6Address::parse(text);
}

LinkAddress mac(std::string_view text)
{
    return *LinkAddress::parse(text);
}

// A hub and a Kea namespace, each with a client, and one in the test's own namespace.
struct Fixture {
    Fixture()
    {
        const auto settings = netns::isolated_namespace_sysctls();
        netns::apply_sysctls(hub.fd.get(), settings).value();
        netns::apply_sysctls(kea.fd.get(), settings).value();
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture()
    {
        BOOST_TEST(netns::remove(hub.name, hub.inode).has_value());
        BOOST_TEST(netns::remove(kea.name, kea.inode).has_value());
    }

    // The value, or a failed test with the error's text.
    template <class T>
    T get(asio::awaitable<Result<T>> awaitable)
    {
        auto result = await(context, std::move(awaitable));
        BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message()));
        if constexpr (!std::is_void_v<T>) {
            return std::move(*result);
        }
    }
    template <class T>
    Error failure(asio::awaitable<Result<T>> awaitable)
    {
        const auto result = await(context, std::move(awaitable));
        BOOST_REQUIRE(result.has_error());
        return result.error();
    }
    // The kernel finishes bringing a link up in its own time (linkwatch): until then it drops what is sent.
    void wait_until_running(const Client& client, InterfaceIndex index)
    {
        BOOST_REQUIRE(test::eventually([&] { return get(client.async_link(index)).running(); }));
    }
    Link link(const Client& client, std::string_view name) { return get(client.async_link_by_name(name)); }
    InterfaceIndex index(const Client& client, std::string_view name) { return link(client, name).index; }
    std::vector<std::string> addresses_of(const Client& client, InterfaceIndex index)
    {
        std::vector<std::string> found;
        for (const auto& address : get(client.async_addresses())) {
            if (address.index == index) {
                found.push_back(address.str());
            }
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    asio::io_context context;
    netns::Namespace hub = netns::create("hub").value();
    netns::Namespace kea = netns::create("kea").value();
    Client in_hub = Client::open_in(context.get_executor(), hub.fd.get()).value();
    Client in_kea = Client::open_in(context.get_executor(), kea.fd.get()).value();
    Client host = Client::open(context.get_executor()).value();
};

// The pair of DESIGN section 4, with everything that belongs to it.
struct PairFixture : Fixture {
    PairFixture()
    {
        get(in_hub.async_create_veth("vrf-red", mac("02:00:00:00:00:01"), "kea0", mac("02:00:00:00:00:02"),
                                     kea.fd.get()));
        near = index(in_hub, "vrf-red");
        far = index(in_kea, "kea0");
        get(in_hub.async_add_address_v4(near, v4("169.254.0.1"), 30));
        get(in_kea.async_add_address_v4(far, v4("169.254.0.2"), 30));
        get(in_hub.async_set_link_up(index(in_hub, "lo")));
        get(in_hub.async_set_link_up(near));
        get(in_kea.async_set_link_up(far));
        wait_until_running(in_hub, near);
        wait_until_running(in_kea, far);
        get(in_hub.async_add_permanent_neighbour(near, v4("169.254.0.2"), mac("02:00:00:00:00:02")));
        get(in_kea.async_add_permanent_neighbour(far, v4("169.254.0.1"), mac("02:00:00:00:00:01")));
    }

    InterfaceIndex near;
    InterfaceIndex far;
};

sockaddr_in socket_address(Ipv4Address address, std::uint16_t port)
{
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    result.sin_addr.s_addr = htonl(address.value());
    return result;
}

void send_text(const UniqueFd& socket, Ipv4Address address, std::string_view text)
{
    const auto to = socket_address(address, 67);
    BOOST_REQUIRE(::sendto(socket.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                           sizeof to) == static_cast<ssize_t>(text.size()));
}

std::string receive_text(const UniqueFd& socket)
{
    pollfd waiting{socket.get(), POLLIN, 0};
    BOOST_REQUIRE(::poll(&waiting, 1, 5000) == 1);
    std::array<char, 64> text{};
    const auto size = ::recv(socket.get(), text.data(), text.size(), 0);
    BOOST_REQUIRE(size > 0);
    return {text.data(), static_cast<std::size_t>(size)};
}

} // namespace

BOOST_TEST_GLOBAL_FIXTURE(PrivateHost);

BOOST_AUTO_TEST_SUITE(netlink_links)

BOOST_FIXTURE_TEST_CASE(a_pair_is_made_with_each_end_where_it_belongs, PairFixture)
{
    const auto near_end = link(in_hub, "vrf-red");
    const auto far_end = link(in_kea, "kea0");
    BOOST_TEST(near_end.kind == "veth");
    BOOST_TEST(near_end.address.str() == "02:00:00:00:00:01");
    BOOST_TEST(far_end.address.str() == "02:00:00:00:00:02");
    BOOST_TEST(near_end.peer.value().value() == far_end.index.value());
    BOOST_TEST(near_end.peer_namespace.has_value());
    BOOST_TEST(near_end.running());
    BOOST_TEST(far_end.running());
    const auto links_of_host = get(host.async_links());
    BOOST_TEST(links_of_host.size() == 1U);
    BOOST_TEST(links_of_host.front().loopback());
    BOOST_TEST(failure(in_hub.async_link_by_name("kea0")).is(ENODEV));
    BOOST_TEST(get(in_hub.async_link(near)).name == "vrf-red");

    const auto neighbours = get(in_hub.async_neighbours());
    const auto permanent =
        std::count_if(neighbours.begin(), neighbours.end(), [](const auto& each) { return each.permanent(); });
    BOOST_TEST(permanent == 1);

    get(in_hub.async_delete_link(near));
    BOOST_TEST(failure(in_kea.async_link_by_name("kea0")).is(ENODEV));
}

// The heart of the wiring: Kea may answer to any address at all, and the hub hears it.
BOOST_FIXTURE_TEST_CASE(with_the_any_address_route_the_hub_receives_for_every_address, PairFixture)
{
    get(in_hub.async_add_local_any_route_v4(index(in_hub, "lo")));
    get(in_kea.async_add_default_route_v4(v4("169.254.0.1"), far));
    const netns::UdpBinding uplink{"vrf-red", Ipv4Address(), 67, false};
    const netns::UdpBinding server{"kea0", v4("169.254.0.2"), 67, false};
    const auto relay = netns::open_udp_socket_in(hub.fd.get(), uplink).value();
    const auto kea_socket = netns::open_udp_socket_in(kea.fd.get(), server).value();
    for (const std::string address : {"169.254.0.1", "192.168.1.10", "10.0.0.1", "8.8.8.8"}) {
        send_text(kea_socket, v4(address), address);
        BOOST_TEST(receive_text(relay) == address);
    }
    // More specific connected prefixes win: towards Kea.
    send_text(relay, v4("169.254.0.2"), "request");
    BOOST_TEST(receive_text(kea_socket) == "request");
}

BOOST_FIXTURE_TEST_CASE(repairing_is_the_same_as_making, PairFixture)
{
    const auto loopback = index(in_hub, "lo");
    get(in_kea.async_set_link_up(index(in_kea, "lo")));
    for (int round = 0; round < 2; ++round) {
        get(in_hub.async_add_local_any_route_v4(loopback));
        get(in_hub.async_add_local_any_route_v6(loopback));
        get(in_hub.async_add_address_v4(near, v4("169.254.0.1"), 30));
        get(in_hub.async_add_address_v6(near, v6("fe80::1"), 64, true));
        get(in_kea.async_add_address_v6(far, v6("fe80::2"), 64, true));
        get(in_kea.async_add_default_route_v4(v4("169.254.0.1"), far));
        get(in_kea.async_add_default_route_v6(v6("fe80::1"), far));
        get(in_hub.async_add_permanent_neighbour(near, v6("fe80::2"), mac("02:00:00:00:00:02")));
        get(in_hub.async_set_link_up(near));
    }
    const auto is_any_route = [&](const Route& route) {
        return route.type == RTN_LOCAL && route.prefix_length == 0 && route.table == RT_TABLE_MAIN &&
               route.output == loopback;
    };
    const auto hub_routes = get(in_hub.async_routes());
    BOOST_TEST(std::count_if(hub_routes.begin(), hub_routes.end(), is_any_route) == 2);
    const auto is_default = [&](const Route& route) {
        return route.prefix_length == 0 && route.gateway.has_value() && route.output == far;
    };
    auto kea_routes = get(in_kea.async_routes());
    BOOST_TEST(std::count_if(kea_routes.begin(), kea_routes.end(), is_default) == 2);

    const auto found = std::find_if(kea_routes.begin(), kea_routes.end(), is_default);
    get(in_kea.async_delete_route(*found));
    BOOST_TEST(failure(in_kea.async_delete_route(*found)).is(ESRCH));
    kea_routes = get(in_kea.async_routes());
    BOOST_TEST(std::count_if(kea_routes.begin(), kea_routes.end(), is_default) == 1);
}

BOOST_FIXTURE_TEST_CASE(an_ipv6_address_without_detection_can_be_used_at_once, PairFixture)
{
    get(in_hub.async_add_address_v6(near, v6("2001:db8::1"), 64, true));
    // The kernel's own link-local address, made without `nodad`, may be tentative for a moment.
    const auto addresses = get(in_hub.async_addresses());
    const auto added = std::find_if(addresses.begin(), addresses.end(),
                                    [](const Address& address) { return address.str() == "2001:db8::1/64"; });
    BOOST_REQUIRE((added != addresses.end()));
    BOOST_TEST(!added->tentative());
}

BOOST_FIXTURE_TEST_CASE(a_link_without_address_generation_has_no_address_of_its_own, Fixture)
{
    get(in_hub.async_create_veth("a0", "b0"));
    const auto silent = index(in_hub, "a0");
    const auto other = index(in_hub, "b0");
    get(in_hub.async_disable_ipv6_address_generation(silent));
    get(in_hub.async_set_link_up(silent));
    get(in_hub.async_set_link_up(other));
    wait_until_running(in_hub, silent);
    BOOST_TEST(test::eventually([&] { return addresses_of(in_hub, other).size() == 1U; }));
    BOOST_TEST(addresses_of(in_hub, silent).empty());
}

BOOST_FIXTURE_TEST_CASE(a_link_changes_name_address_master_and_state, Fixture)
{
    get(in_hub.async_create_veth("a0", "b0"));
    get(in_hub.async_create_bridge("br0"));
    const auto bridge = index(in_hub, "br0");
    const auto port = index(in_hub, "a0");
    get(in_hub.async_set_mac(port, mac("02:00:00:00:00:aa")));
    get(in_hub.async_set_mtu(port, 1400));
    get(in_hub.async_rename_link(port, "a1"));
    get(in_hub.async_set_master(port, bridge));
    get(in_hub.async_set_link_up(port));
    auto changed = link(in_hub, "a1");
    BOOST_TEST(changed.index.value() == port.value());
    BOOST_TEST(changed.address.str() == "02:00:00:00:00:aa");
    BOOST_TEST(changed.mtu == 1400U);
    BOOST_TEST((changed.master == bridge));
    BOOST_TEST(changed.up());
    BOOST_TEST(!changed.running());
    BOOST_TEST(link(in_hub, "br0").kind == "bridge");
    get(in_hub.async_set_master(port, InterfaceIndex()));
    get(in_hub.async_set_link_down(port));
    changed = link(in_hub, "a1");
    BOOST_TEST(!changed.master.has_value());
    BOOST_TEST(!changed.up());
    BOOST_TEST(failure(in_hub.async_link_by_name("a0")).is(ENODEV));
}

BOOST_FIXTURE_TEST_CASE(a_link_moves_to_another_namespace, Fixture)
{
    get(in_hub.async_create_veth("a0", "b0"));
    get(in_hub.async_create_macvlan("mv0", index(in_hub, "a0")));
    BOOST_TEST(link(in_hub, "mv0").kind == "macvlan");
    BOOST_TEST((link(in_hub, "mv0").peer == index(in_hub, "a0")));
    get(in_hub.async_move_link_to_namespace(index(in_hub, "mv0"), kea.fd.get()));
    BOOST_TEST(link(in_kea, "mv0").kind == "macvlan");
    BOOST_TEST(failure(in_hub.async_link_by_name("mv0")).is(ENODEV));
}

BOOST_FIXTURE_TEST_CASE(addresses_come_and_go, Fixture)
{
    get(in_hub.async_create_bridge("br0"));
    const auto bridge = index(in_hub, "br0");
    get(in_hub.async_add_address_v4(bridge, v4("10.0.0.1"), 24));
    get(in_hub.async_add_address_v4(bridge, v4("10.0.0.2"), 24));
    get(in_hub.async_add_address_v6(bridge, v6("2001:db8::1"), 64, true));
    const std::vector<std::string> expected{"10.0.0.1/24", "10.0.0.2/24", "2001:db8::1/64"};
    BOOST_TEST(addresses_of(in_hub, bridge) == expected, boost::test_tools::per_element());
    for (const auto& address : get(in_hub.async_addresses())) {
        BOOST_TEST(address.secondary() == (address.str() == "10.0.0.2/24"));
    }
    for (const auto& address : get(in_hub.async_addresses())) {
        if (address.index == bridge && !address.secondary()) {
            get(in_hub.async_delete_address(address));
            BOOST_TEST(failure(in_hub.async_delete_address(address)).is(EADDRNOTAVAIL));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
