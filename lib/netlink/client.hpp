// Requests to the kernel's rtnetlink, each with its answer: dumps, and changes with their acknowledgement.
//
// A Client is a handle on one socket, cheap to copy; several coroutines may share it: requests are carried out one at a
// time, in the order of the calls. It works on the network namespace in which it was opened, wherever the caller is
// later. One thread.
//
// Errors: the Error names the operation and its object, the errno (error.is(EEXIST)), and the kernel's own explanation
// where it gives one. ETIMEDOUT where no answer comes within options.timeout; EINTR where a dump was interrupted by
// changes more often than max_dump_attempts.
// Cancellation: the Result carries operation_aborted, and the caller's next co_await throws; or the call itself throws
// it while it still waits its turn. A change that was already sent may have been made all the same. The client stays
// usable: a late answer is recognised by its sequence number and dropped.
//
// Arguments are turned into bytes before the call returns its awaitable, so nothing has to outlive the call but
// namespace descriptors, which must stay open until the awaitable has ended.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"
#include "netlink/rtnetlink.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace keavrf::netlink {

class Connection;
class Request;

struct ClientOptions {
    std::chrono::milliseconds timeout{5000};
    unsigned max_dump_attempts = 5;
};

class Client {
public:
    // A socket in the current namespace.
    static Result<Client> open(const asio::any_io_executor& executor, ClientOptions options = {});
    // A socket in another one; the descriptor is borrowed for the length of the call.
    static Result<Client> open_in(const asio::any_io_executor& executor, int namespace_fd, ClientOptions options = {});
    // Takes a socket that open_socket() made.
    Client(const asio::any_io_executor& executor, UniqueFd socket, ClientOptions options = {});

    template <class T>
    using Awaitable = asio::awaitable<Result<T>>;

    // What there is. Each is one consistent snapshot.
    [[nodiscard]] Awaitable<std::vector<Link>> async_links() const;
    [[nodiscard]] Awaitable<std::vector<Address>> async_addresses() const;
    [[nodiscard]] Awaitable<std::vector<Route>> async_routes() const;
    [[nodiscard]] Awaitable<std::vector<Rule>> async_rules() const; // of IPv4
    [[nodiscard]] Awaitable<std::vector<Neighbour>> async_neighbours() const;
    // ENODEV where there is none.
    [[nodiscard]] Awaitable<Link> async_link_by_name(std::string_view name) const;
    [[nodiscard]] Awaitable<Link> async_link(InterfaceIndex index) const;

    // Creation; EEXIST where the name is taken. Links come down.
    // A pair: `name` here, `peer_name` directly in the other namespace, so that neither is ever seen anywhere else.
    [[nodiscard]] Awaitable<void> async_create_veth(std::string_view name, const LinkAddress& address,
                                                    std::string_view peer_name, const LinkAddress& peer_address,
                                                    int peer_namespace_fd) const;
    // Both ends here.
    [[nodiscard]] Awaitable<void> async_create_veth(std::string_view name, std::string_view peer_name) const;
    [[nodiscard]] Awaitable<void> async_create_vrf(std::string_view name, std::uint32_t table) const;
    [[nodiscard]] Awaitable<void> async_create_bridge(std::string_view name) const;
    [[nodiscard]] Awaitable<void> async_create_dummy(std::string_view name) const;
    // Bridge mode.
    [[nodiscard]] Awaitable<void> async_create_macvlan(std::string_view name, InterfaceIndex parent) const;
    // A veth's peer goes with it. The kernel takes some 20 ms for it, in which this thread waits, but hardly longer for
    // all links of a group (man 8 ip-link); ENODEV where the group has none.
    [[nodiscard]] Awaitable<void> async_delete_link(InterfaceIndex index) const;
    [[nodiscard]] Awaitable<void> async_delete_links_of_group(std::uint32_t group) const;

    // Changes of one link.
    [[nodiscard]] Awaitable<void> async_rename_link(InterfaceIndex index, std::string_view name) const;
    [[nodiscard]] Awaitable<void> async_set_link_up(InterfaceIndex index) const;
    [[nodiscard]] Awaitable<void> async_set_link_down(InterfaceIndex index) const;
    // Index 0 releases it from its master.
    [[nodiscard]] Awaitable<void> async_set_master(InterfaceIndex index, InterfaceIndex master) const;
    [[nodiscard]] Awaitable<void> async_set_mac(InterfaceIndex index, const LinkAddress& address) const;
    [[nodiscard]] Awaitable<void> async_set_mtu(InterfaceIndex index, unsigned mtu) const;
    [[nodiscard]] Awaitable<void> async_set_link_group(InterfaceIndex index, std::uint32_t group) const;
    [[nodiscard]] Awaitable<void> async_move_link_to_namespace(InterfaceIndex index, int namespace_fd) const;
    // IFLA_INET6_ADDR_GEN_MODE none: no link-local address by itself. EAFNOSUPPORT without IPv6.
    [[nodiscard]] Awaitable<void> async_disable_ipv6_address_generation(InterfaceIndex index) const;

    // Addresses, routes, neighbours. Adding what is already there is no error.
    [[nodiscard]] Awaitable<void> async_add_address_v4(InterfaceIndex index, Ipv4Address address,
                                                       unsigned prefix_length) const;
    // `nodad`: usable at once, without duplicate address detection.
    [[nodiscard]] Awaitable<void> async_add_address_v6(InterfaceIndex index, const Ipv6Address& address,
                                                       unsigned prefix_length, bool nodad) const;
    // EADDRNOTAVAIL where it is not there.
    [[nodiscard]] Awaitable<void> async_delete_address(const Address& address) const;
    // `local 0.0.0.0/0 dev lo table main`, and the same for IPv6: every address counts as the namespace's own, except
    // where a more specific route stands (DESIGN section 4).
    [[nodiscard]] Awaitable<void> async_add_local_any_route_v4(InterfaceIndex loopback) const;
    [[nodiscard]] Awaitable<void> async_add_local_any_route_v6(InterfaceIndex loopback) const;
    [[nodiscard]] Awaitable<void> async_add_default_route_v4(Ipv4Address gateway, InterfaceIndex output) const;
    [[nodiscard]] Awaitable<void> async_add_default_route_v6(const Ipv6Address& gateway, InterfaceIndex output) const;
    // EEXIST where it is there.
    [[nodiscard]] Awaitable<void> async_add_rule(const Rule& rule) const;
    // The first of its table, priority and action, whatever it selects. ENOENT where there is none.
    [[nodiscard]] Awaitable<void> async_delete_rule(const Rule& rule) const;
    // ESRCH where it is not there.
    [[nodiscard]] Awaitable<void> async_delete_route(const Route& route) const;
    [[nodiscard]] Awaitable<void> async_add_permanent_neighbour(InterfaceIndex index, const IpAddress& address,
                                                                const LinkAddress& link_address) const;

private:
    [[nodiscard]] Awaitable<void> async_change(Request request) const;

    std::shared_ptr<Connection> connection_;
};

} // namespace keavrf::netlink
