#include "orchestrator/checker.hpp"

#include "instance/wiring.hpp"
#include "kea/check.hpp"
#include "netlink/client.hpp"
#include "netns/namespace.hpp"

namespace keavrf::orchestrator {

namespace {

// A pair whose both ends are in the namespace: kea0, up and running, with the address that is in the configuration.
asio::awaitable<Result<void>> async_furnish(int namespace_fd, instance::PairAddresses addresses)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto client = netlink::Client::open_in(executor, namespace_fd);
    if (!client) {
        co_return client.error();
    }
    auto done = co_await client->async_create_veth("peer", instance::kea_interface);
    if (!done) {
        co_return done;
    }
    const auto kea = co_await client->async_link_by_name(instance::kea_interface);
    if (!kea) {
        co_return kea.error();
    }
    const auto peer = co_await client->async_link_by_name("peer");
    if (!peer) {
        co_return peer.error();
    }
    done = co_await client->async_set_link_up(peer->index);
    if (!done) {
        co_return done;
    }
    done = co_await client->async_set_link_up(kea->index);
    if (!done) {
        co_return done;
    }
    done = co_await client->async_add_address_v4(kea->index, addresses.kea, instance::PairAddresses::prefix_length);
    co_return done;
}

} // namespace

asio::awaitable<Result<void>> async_check_configuration(config::KeaSettings kea, process::Identity identity, Slot slot,
                                                        std::string configuration)
{
    const auto made = netns::create_unnamed();
    if (!made) {
        co_return made.error().in("cannot make a namespace to check the configuration in");
    }
    const auto addresses = instance::pair_addresses(slot);
    const auto furnished = co_await async_furnish(made->fd.get(), addresses);
    if (!furnished) {
        co_return furnished.error().in("cannot make a kea0 to check the configuration with");
    }
    kea::CheckSpec spec;
    spec.binary = kea.dhcp4;
    spec.text = std::move(configuration);
    spec.network_namespace = made->fd.get();
    spec.identity = identity;
    const auto checked = co_await kea::async_check(std::move(spec));
    co_return checked;
}

} // namespace keavrf::orchestrator
