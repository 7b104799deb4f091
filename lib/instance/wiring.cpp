#include "instance/wiring.hpp"

#include "netlink/client.hpp"
#include "netns/sysctl.hpp"

#include <cerrno>

namespace keavrf::instance {

namespace {

using namespace std::chrono_literals;

// How long a veth end may take until it is running; normally it is a matter of milliseconds.
constexpr auto running_limit = 5s;

struct End {
    Ipv4Address address;
    Ipv6Address address_v6;
    Ipv4Address peer;
    Ipv6Address peer_v6;
    LinkAddress peer_mac;
};

// Where the kernel has no IPv6, or it is switched off, DHCPv4 works all the same.
Result<void> tolerate_missing_ipv6(Result<void> result)
{
    if (result.has_error() && (result.error().is(EAFNOSUPPORT) || result.error().is(EOPNOTSUPP) ||
                               result.error().is(EACCES) || result.error().is(EPERM))) {
        return {};
    }
    return result;
}

asio::awaitable<Result<void>> async_address_v6(netlink::Client client, InterfaceIndex index, End end)
{
    auto done = co_await client.async_add_address_v6(index, end.address_v6, PairAddresses::prefix_length_v6, true);
    if (!done) {
        co_return done;
    }
    const netlink::IpAddress peer = end.peer_v6;
    done = co_await client.async_add_permanent_neighbour(index, peer, end.peer_mac);
    co_return done;
}

asio::awaitable<Result<void>> async_bring_up(netlink::Client client, InterfaceIndex index, End end)
{
    // Before the link comes up, or it gets a link-local address beside ours.
    auto done = co_await client.async_disable_ipv6_address_generation(index);
    done = tolerate_missing_ipv6(std::move(done));
    if (!done) {
        co_return done;
    }
    done = co_await client.async_add_address_v4(index, end.address, PairAddresses::prefix_length);
    if (!done) {
        co_return done;
    }
    done = co_await client.async_set_link_up(index);
    if (!done) {
        co_return done;
    }
    const netlink::IpAddress peer = end.peer;
    done = co_await client.async_add_permanent_neighbour(index, peer, end.peer_mac);
    if (!done) {
        co_return done;
    }
    auto done_v6 = co_await async_address_v6(client, index, end);
    co_return tolerate_missing_ipv6(std::move(done_v6));
}

// The far end has no monitor of its own; its operational state follows within the kernel's link watch.
asio::awaitable<Result<void>> async_wait_kea_end(netlink::Client client)
{
    const auto deadline = Clock::now() + running_limit;
    for (auto pause = 1ms; Clock::now() < deadline; pause = std::min(pause * 2, 50ms)) {
        const auto link = co_await client.async_link_by_name(kea_interface);
        if (!link) {
            co_return link.error();
        }
        if (link->running()) {
            co_return Result<void>{};
        }
        co_await async_sleep(pause);
    }
    co_return Error::from_errno("interface kea0 did not come up", ETIMEDOUT);
}

asio::awaitable<Result<void>> async_set_up_kea_end(int kea_namespace_fd, PairAddresses addresses)
{
    const auto found = co_await async_find_kea_end(kea_namespace_fd);
    if (!found) {
        co_return found.error();
    }
    const End end{.address = addresses.kea,
                  .address_v6 = addresses.kea_v6,
                  .peer = addresses.relay,
                  .peer_v6 = addresses.relay_v6,
                  .peer_mac = addresses.relay_mac};
    auto done = co_await async_bring_up(found->client, found->index, end);
    if (!done) {
        co_return done;
    }
    // Without a default route Kea's answers to far giaddrs vanish without a log line.
    done = co_await found->client.async_add_default_route_v4(addresses.relay, found->index);
    if (!done) {
        co_return done;
    }
    auto done_v6 = co_await found->client.async_add_default_route_v6(addresses.relay_v6, found->index);
    co_return tolerate_missing_ipv6(std::move(done_v6));
}

asio::awaitable<Result<void>> async_set_up_pair(Hub& hub, int kea_namespace_fd, InterfaceIndex index, std::string name,
                                                PairAddresses addresses)
{
    const End end{.address = addresses.relay,
                  .address_v6 = addresses.relay_v6,
                  .peer = addresses.kea,
                  .peer_v6 = addresses.kea_v6,
                  .peer_mac = addresses.kea_mac};
    auto done = co_await async_bring_up(hub.client(), index, end);
    if (!done) {
        co_return done.error().in("the hub's end");
    }
    done = co_await async_set_up_kea_end(kea_namespace_fd, addresses);
    if (!done) {
        co_return done.error().in("Kea's end");
    }
    const auto running = co_await hub.async_wait_running(name, running_limit);
    if (!running) {
        co_return running.error();
    }
    const auto executor = co_await asio::this_coro::executor;
    const auto client = netlink::Client::open_in(executor, kea_namespace_fd);
    if (!client) {
        co_return client.error();
    }
    done = co_await async_wait_kea_end(*client);
    co_return done;
}

asio::awaitable<Result<void>> async_loopback_up(int namespace_fd)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto client = netlink::Client::open_in(executor, namespace_fd);
    if (!client) {
        co_return client.error();
    }
    const auto loopback = co_await client->async_link_by_name("lo");
    if (!loopback) {
        co_return loopback.error();
    }
    const auto done = co_await client->async_set_link_up(loopback->index);
    co_return done;
}

asio::awaitable<Result<void>> async_prepare_namespace(int namespace_fd)
{
    auto done = restore_settings(namespace_fd);
    if (done) {
        done = co_await async_loopback_up(namespace_fd);
    }
    co_return done;
}

} // namespace

Result<void> restore_settings(int namespace_fd)
{
    const auto sysctls = netns::isolated_namespace_sysctls();
    return netns::apply_sysctls(namespace_fd, sysctls);
}

asio::awaitable<Result<netns::Namespace>> async_create_kea_namespace(std::string name, NamespaceRecorder recorder)
{
    auto created = netns::create_unnamed();
    if (!created) {
        co_return created.error().in("cannot create the namespace " + name);
    }
    created->name = name;
    auto done = co_await async_prepare_namespace(created->fd.get());
    if (!done) {
        co_return done.error().in("cannot prepare the namespace " + name);
    }
    done = recorder(*created);
    if (done) {
        done = netns::assign_name(*created, name);
    }
    if (!done) {
        co_return done.error().in("cannot create the namespace " + name);
    }
    co_return created;
}

asio::awaitable<Result<NamespacePicture>> async_picture(netlink::Client client)
{
    NamespacePicture picture;
    auto links = co_await client.async_links();
    if (!links) {
        co_return links.error();
    }
    auto addresses = co_await client.async_addresses();
    if (!addresses) {
        co_return addresses.error();
    }
    auto routes = co_await client.async_routes();
    if (!routes) {
        co_return routes.error();
    }
    auto neighbours = co_await client.async_neighbours();
    if (!neighbours) {
        co_return neighbours.error();
    }
    picture.links = std::move(*links);
    picture.addresses = std::move(*addresses);
    picture.routes = std::move(*routes);
    picture.neighbours = std::move(*neighbours);
    co_return picture;
}

asio::awaitable<Result<KeaEnd>> async_find_kea_end(int kea_namespace_fd)
{
    const auto executor = co_await asio::this_coro::executor;
    auto client = netlink::Client::open_in(executor, kea_namespace_fd);
    if (!client) {
        co_return client.error();
    }
    const auto link = co_await client->async_link_by_name(kea_interface);
    if (!link) {
        co_return link.error();
    }
    KeaEnd found{std::move(*client), link->index};
    co_return std::move(found);
}

asio::awaitable<Result<InterfaceIndex>> async_create_pair(Hub& hub, int kea_namespace_fd, std::string name,
                                                          PairAddresses addresses)
{
    const auto created = co_await hub.client().async_create_veth(name, addresses.relay_mac, kea_interface,
                                                                 addresses.kea_mac, kea_namespace_fd);
    if (!created) {
        co_return created.error().in("cannot create the veth pair " + name);
    }
    const auto link = co_await hub.client().async_link_by_name(name);
    if (!link) {
        co_return link.error().in("cannot find the veth pair " + name + " after creating it");
    }
    const auto done = co_await async_set_up_pair(hub, kea_namespace_fd, link->index, name, addresses);
    if (!done) {
        const auto removed = co_await hub.client().async_delete_link(link->index);
        (void)removed; // with its namespace it goes in any case
        co_return done.error().in("cannot set up the veth pair " + name);
    }
    co_return link->index;
}

asio::awaitable<Result<void>> async_repair_pair(Hub& hub, int kea_namespace_fd, InterfaceIndex index, std::string name,
                                                PairAddresses addresses)
{
    auto done = co_await async_loopback_up(kea_namespace_fd);
    if (done) {
        done = co_await async_take_back_pair(hub, kea_namespace_fd, index, addresses);
    }
    if (done) {
        done = co_await async_set_up_pair(hub, kea_namespace_fd, index, name, addresses);
    }
    if (!done) {
        co_return done.error().in("cannot mend the veth pair " + name);
    }
    co_return done;
}

asio::awaitable<Result<void>> async_remove_pair(Hub& hub, int kea_namespace_fd, std::string name)
{
    const auto removed = co_await hub.async_remove_link(name);
    if (!removed) {
        co_return removed.error().in("cannot remove the veth pair " + name);
    }
    if (kea_namespace_fd < 0) {
        co_return Result<void>();
    }
    const auto left = co_await async_find_kea_end(kea_namespace_fd);
    if (!left) {
        co_return left.error().is(ENODEV) ? Result<void>() : Result<void>(left.error());
    }
    const auto deleted = co_await left->client.async_delete_link(left->index);
    co_return deleted;
}

} // namespace keavrf::instance
