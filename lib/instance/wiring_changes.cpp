// What somebody changed of a standing pair, and would keep it from being mended.
#include "instance/wiring.hpp"

#include <cerrno>

namespace keavrf::instance {

namespace {

// An MTU below that of IPv6 takes IPv6 away from the link, and all that is put in place again would be refused.
asio::awaitable<Result<void>> async_restore_mtu(netlink::Client client, InterfaceIndex index)
{
    const auto link = co_await client.async_link(index);
    if (!link) {
        co_return link.error();
    }
    if (link->mtu >= pair_mtu) {
        co_return Result<void>{};
    }
    const auto done = co_await client.async_set_mtu(index, pair_mtu);
    co_return done;
}

asio::awaitable<Result<void>> async_remove_strangers(netlink::Client client, InterfaceIndex index, Ipv4Address ours)
{
    const auto addresses = co_await client.async_addresses();
    if (!addresses) {
        co_return addresses.error();
    }
    for (const auto& address : *addresses) {
        if (!is_stranger(address, index, ours)) {
            continue;
        }
        const auto deleted = co_await client.async_delete_address(address);
        if (!deleted && !deleted.error().is(EADDRNOTAVAIL)) {
            co_return deleted;
        }
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> async_take_back(netlink::Client client, InterfaceIndex index, Ipv4Address ours)
{
    auto done = co_await async_restore_mtu(client, index);
    if (done) {
        done = co_await async_remove_strangers(client, index, ours);
    }
    co_return done;
}

} // namespace

asio::awaitable<Result<void>> async_take_back_pair(Hub& hub, int kea_namespace_fd, InterfaceIndex index,
                                                   PairAddresses addresses)
{
    auto done = co_await async_take_back(hub.client(), index, addresses.relay);
    if (!done) {
        co_return done;
    }
    const auto kea_end = co_await async_find_kea_end(kea_namespace_fd);
    if (!kea_end) {
        co_return kea_end.error();
    }
    done = co_await async_take_back(kea_end->client, kea_end->index, addresses.kea);
    co_return done;
}

} // namespace keavrf::instance
