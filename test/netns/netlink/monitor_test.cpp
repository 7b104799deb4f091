#include "await.hpp"
#include "core/task_group.hpp"
#include "netlink/monitor.hpp"
#include "netns/namespace.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

namespace {

using namespace keavrf::netlink;
using namespace keavrf;
using keavrf::test::await;
using keavrf::test::run_until;

// Believes what it is told, like the daemon's own.
class World final : public Observer {
public:
    void begin_resync() override
    {
        BOOST_TEST(!resyncing);
        resyncing = true;
        links.clear();
        addresses.clear();
    }
    void event(const Event& event) override
    {
        events.push_back(event);
        std::visit([this](const auto& happened) { apply(happened); }, event);
    }
    void end_resync() override
    {
        BOOST_TEST(resyncing);
        resyncing = false;
    }

    [[nodiscard]] bool has_link(std::string_view name) const
    {
        return std::any_of(links.begin(), links.end(), [&](const auto& entry) { return entry.second.name == name; });
    }
    [[nodiscard]] bool has_address(std::string_view text) const { return addresses.contains(std::string(text)); }
    template <class Kind>
    [[nodiscard]] auto count() const
    {
        return std::count_if(events.begin(), events.end(),
                             [](const Event& event) { return std::holds_alternative<Kind>(event); });
    }

    std::map<int, Link> links;
    std::map<std::string, Address> addresses;
    std::vector<Event> events;
    bool resyncing = false;

private:
    static std::string key(const Address& address) { return address.str(); }
    void apply(const LinkChanged& happened) { links[happened.link.index.value()] = happened.link; }
    void apply(const LinkRemoved& happened) { links.erase(happened.index.value()); }
    void apply(const AddressChanged& happened) { addresses[key(happened.address)] = happened.address; }
    void apply(const AddressRemoved& happened) { addresses.erase(key(happened.address)); }
};

// The monitor runs in its own context, so that a test decides when it is too slow; changes are made in another one.
struct Fixture {
    explicit Fixture(int receive_buffer = 1 << 20) : options(make_options(receive_buffer)) {}
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture()
    {
        tasks.stop();
        run_until(context, [this] { return tasks.size() == 0; });
        for (const auto& link : await(elsewhere, client.async_links()).value()) {
            // A pair's other end is gone with the first.
            const auto deleted = await(elsewhere, client.async_delete_link(link.index));
            BOOST_TEST((deleted || link.loopback() || deleted.error().is(ENODEV)));
        }
    }

    static MonitorOptions make_options(int receive_buffer)
    {
        MonitorOptions options;
        options.receive_buffer = receive_buffer;
        options.resync_pause = std::chrono::milliseconds(1);
        return options;
    }
    void start()
    {
        tasks.spawn("monitor", monitor->run());
        run_until(context, [this] { return monitor->resyncs() == 1; });
    }
    InterfaceIndex make_bridge(std::string_view name)
    {
        await(elsewhere, client.async_create_bridge(name)).value();
        return await(elsewhere, client.async_link_by_name(name)).value().index;
    }
    // Whether the world is exactly what a dump says now.
    bool up_to_date()
    {
        std::map<int, Link> links;
        for (const auto& link : await(elsewhere, client.async_links()).value()) {
            links[link.index.value()] = link;
        }
        std::map<std::string, Address> addresses;
        for (const auto& address : await(elsewhere, client.async_addresses()).value()) {
            addresses[address.str()] = address;
        }
        return links == world.links && addresses == world.addresses;
    }

    asio::io_context context;
    asio::io_context elsewhere;
    Client client = Client::open(elsewhere.get_executor()).value();
    World world;
    MonitorOptions options;
    TaskGroup tasks{context.get_executor()};
    std::unique_ptr<Monitor> monitor = Monitor::open(context.get_executor(), world, options).value();
};

// A buffer for two or three events: the kernel doubles what is asked for, and an event weighs several thousand bytes.
struct TinyFixture : Fixture {
    TinyFixture() : Fixture(4096) {}
};

// The netlink ports of this process's namespace.
std::vector<std::uint32_t> netlink_ports()
{
    std::vector<std::uint32_t> ports;
    std::ifstream table("/proc/net/netlink");
    std::string line;
    std::getline(table, line);
    while (std::getline(table, line)) {
        std::istringstream fields(line);
        std::string socket;
        int protocol = -1;
        std::uint32_t port = 0;
        fields >> socket >> protocol >> port;
        if (protocol == NETLINK_ROUTE && port != 0) {
            ports.push_back(port);
        }
    }
    return ports;
}

} // namespace

BOOST_AUTO_TEST_SUITE(netlink_monitor)

BOOST_FIXTURE_TEST_CASE(it_begins_with_everything_there_is, Fixture)
{
    const auto bridge = make_bridge("br0");
    await(elsewhere, client.async_add_address_v4(bridge, *Ipv4Address::parse("10.0.0.1"), 24)).value();
    BOOST_TEST(world.links.empty());
    start();
    BOOST_TEST(world.has_link("lo"));
    BOOST_TEST(world.has_link("br0"));
    BOOST_TEST(world.has_address("10.0.0.1/24"));
    BOOST_TEST(up_to_date());
}

BOOST_FIXTURE_TEST_CASE(what_happens_between_opening_and_running_is_not_missed, Fixture)
{
    const auto bridge = make_bridge("br0");
    await(elsewhere, client.async_delete_link(bridge)).value();
    make_bridge("br1");
    start();
    BOOST_TEST(up_to_date());
}

BOOST_FIXTURE_TEST_CASE(it_tells_of_links_and_addresses_that_come_change_and_go, Fixture)
{
    start();
    const auto bridge = make_bridge("br0");
    run_until(context, [this] { return world.has_link("br0"); });
    await(elsewhere, client.async_rename_link(bridge, "br1")).value();
    run_until(context, [this] { return world.has_link("br1"); });
    BOOST_TEST(!world.has_link("br0"));
    await(elsewhere, client.async_set_link_up(bridge)).value();
    run_until(context, [&] { return world.links.at(bridge.value()).up(); });
    await(elsewhere, client.async_add_address_v4(bridge, *Ipv4Address::parse("10.0.0.1"), 24)).value();
    await(elsewhere, client.async_add_address_v6(bridge, *Ipv6Address::parse("2001:db8::1"), 64, true)).value();
    run_until(context, [this] { return world.has_address("10.0.0.1/24") && world.has_address("2001:db8::1/64"); });
    const auto address = world.addresses.at("10.0.0.1/24");
    await(elsewhere, client.async_delete_address(address)).value();
    run_until(context, [this] { return !world.has_address("10.0.0.1/24"); });
    await(elsewhere, client.async_delete_link(bridge)).value();
    run_until(context, [this] { return !world.has_link("br1") && !world.has_address("2001:db8::1/64"); });
    BOOST_TEST(up_to_date());
    BOOST_TEST(monitor->resyncs() == 1U);
    BOOST_TEST(monitor->overruns() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_port_that_leaves_its_bridge_is_not_gone, Fixture)
{
    start();
    const auto bridge = make_bridge("br0");
    await(elsewhere, client.async_create_veth("a0", "b0")).value();
    const auto port = await(elsewhere, client.async_link_by_name("a0")).value().index;
    await(elsewhere, client.async_set_master(port, bridge)).value();
    run_until(context, [&] { return world.has_link("a0") && world.links.at(port.value()).master == bridge; });
    await(elsewhere, client.async_set_master(port, InterfaceIndex())).value();
    make_bridge("last");
    run_until(context, [this] { return world.has_link("last"); });
    BOOST_TEST(world.has_link("a0"));
    BOOST_TEST(!world.links.at(port.value()).master.has_value());
    BOOST_TEST(world.count<LinkRemoved>() == 0);
}

BOOST_FIXTURE_TEST_CASE(after_lost_events_everything_is_dumped_anew, TinyFixture)
{
    start();
    const auto bridge = make_bridge("br0");
    const auto doomed = make_bridge("doomed");
    run_until(context, [this] { return world.has_link("doomed") && world.has_link("br0"); });
    const auto before = monitor->resyncs();
    // Nobody reads meanwhile.
    await(elsewhere, client.async_delete_link(doomed)).value();
    for (int change = 0; change < 500; ++change) {
        await(elsewhere, client.async_rename_link(bridge, "br" + std::to_string(change % 7 + 1))).value();
    }
    make_bridge("late");
    run_until(context, [&] { return monitor->resyncs() > before && up_to_date(); });
    BOOST_TEST(monitor->overruns() >= 1U);
    BOOST_TEST(!world.has_link("doomed"));
    BOOST_TEST(world.has_link("late"));
    BOOST_TEST(world.has_link("br" + std::to_string(499 % 7 + 1)));
    BOOST_TEST(!world.resyncing);

    // And it hears what comes afterwards.
    make_bridge("later");
    run_until(context, [this] { return world.has_link("later"); });
}

BOOST_FIXTURE_TEST_CASE(losses_are_noticed_each_time_anew, TinyFixture)
{
    start();
    const auto bridge = make_bridge("br0");
    for (std::uint64_t round = 1; round <= 3; ++round) {
        for (int change = 0; change < 50; ++change) {
            await(elsewhere, client.async_rename_link(bridge, "br" + std::to_string(change % 7 + 1))).value();
        }
        run_until(context, [&] { return monitor->overruns() >= round && up_to_date(); });
    }
    BOOST_TEST(monitor->overruns() >= 3U);
}

BOOST_FIXTURE_TEST_CASE(a_resync_can_be_asked_for_and_replaces_what_was_believed, Fixture)
{
    start();
    Link invented;
    invented.index = InterfaceIndex(4711);
    world.links[4711] = invented;
    monitor->request_resync();
    monitor->request_resync();
    run_until(context, [this] { return monitor->resyncs() == 2; });
    BOOST_TEST(up_to_date());
    make_bridge("br0");
    run_until(context, [this] { return world.has_link("br0"); });
    BOOST_TEST(monitor->resyncs() == 2U);
}

// Nobody runs its context meanwhile.
BOOST_FIXTURE_TEST_CASE(who_polls_need_not_wait_for_its_turn, Fixture)
{
    make_bridge("br0");
    monitor->poll();
    BOOST_TEST(world.links.empty(), "there is a first dump to come");
    start();
    for (int number = 1; number < 30; ++number) {
        make_bridge("br" + std::to_string(number));
    }
    BOOST_TEST(!world.has_link("br1"));
    monitor->poll();
    BOOST_TEST(world.has_link("br1"));
    BOOST_TEST(world.has_link("br29"));
    monitor->poll(); // nothing
    make_bridge("later");
    run_until(context, [this] { return world.has_link("later"); });
    BOOST_TEST(monitor->resyncs() == 1U);
    BOOST_TEST(up_to_date());
}

BOOST_FIXTURE_TEST_CASE(what_was_lost_before_a_poll_is_dumped_anew, TinyFixture)
{
    start();
    const auto bridge = make_bridge("br0");
    for (int change = 0; change < 50; ++change) {
        await(elsewhere, client.async_rename_link(bridge, "br" + std::to_string(change % 7 + 1))).value();
    }
    monitor->poll();
    BOOST_TEST(monitor->overruns() == 1U);
    run_until(context, [this] { return monitor->resyncs() == 2 && up_to_date(); });
}

BOOST_FIXTURE_TEST_CASE(what_another_process_sends_is_not_believed, Fixture)
{
    make_bridge("br0");
    start();
    const auto bridge = await(elsewhere, client.async_link_by_name("br0")).value();
    MessageBuilder forged(RTM_DELLINK, 0);
    ifinfomsg header{};
    header.ifi_index = bridge.index.value();
    forged.append(header);
    forged.text(IFLA_IFNAME, "br0");
    const auto bytes = forged.finish(0);
    const auto sender = open_socket().value();
    std::size_t sent = 0;
    for (const auto port : netlink_ports()) {
        sockaddr_nl to{};
        to.nl_family = AF_NETLINK;
        to.nl_pid = port;
        sent +=
            ::sendto(sender.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) > 0
                ? 1U
                : 0U;
    }
    // To the monitor's two sockets, the client's and its own.
    BOOST_TEST(sent >= 3U);
    make_bridge("br1");
    run_until(context, [this] { return world.has_link("br1"); });
    BOOST_TEST(world.has_link("br0"));
    BOOST_TEST(world.count<LinkRemoved>() == 0);
}

BOOST_AUTO_TEST_CASE(it_watches_another_namespace_from_here)
{
    asio::io_context context;
    const auto hub = netns::create("hub").value();
    const auto kea = netns::create("kea").value();
    const auto in_hub = Client::open_in(context.get_executor(), hub.fd.get()).value();
    const auto in_kea = Client::open_in(context.get_executor(), kea.fd.get()).value();
    World world;
    TaskGroup tasks(context.get_executor());
    const auto monitor = Monitor::open_in(context.get_executor(), hub.fd.get(), world).value();
    tasks.spawn("monitor", monitor->run());
    await(context, in_hub.async_create_veth("vrf-red", LinkAddress(), "kea0", LinkAddress(), kea.fd.get())).value();
    run_until(context, [&world] { return world.has_link("vrf-red"); });
    // Behind the daemon's back, and at the other end.
    const auto far = await(context, in_kea.async_link_by_name("kea0")).value().index;
    await(context, in_kea.async_delete_link(far)).value();
    run_until(context, [&world] { return !world.has_link("vrf-red"); });
    tasks.stop();
    run_until(context, [&tasks] { return tasks.size() == 0; });
    BOOST_TEST(netns::remove(hub.name, hub.inode).has_value());
    BOOST_TEST(netns::remove(kea.name, kea.inode).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
