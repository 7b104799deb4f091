#include "netlink/client.hpp"

#include "core/log.hpp"
#include "netlink/connection.hpp"
#include "netlink/requests.hpp"

#include <linux/if_addr.h>

namespace keavrf::netlink {

namespace {

template <class T>
using Parser = Result<std::optional<T>> (*)(const Message&);

// A message that cannot be read is left out, with a warning: one odd device must not hide all others.
template <class T>
std::vector<T> parse_all(Bytes replies, Parser<T> parse)
{
    std::vector<T> all;
    MessageReader reader(replies);
    while (const auto message = reader.next()) {
        auto parsed = parse(*message);
        if (!parsed) {
            log::warning("netlink.malformed", "", parsed.error().message());
        } else if (*parsed) {
            all.push_back(std::move(**parsed));
        }
    }
    return all;
}

template <class T>
asio::awaitable<Result<std::vector<T>>> async_list(std::shared_ptr<Connection> connection, Request request,
                                                   Parser<T> parse)
{
    auto replies = co_await Connection::async_transact(std::move(connection), std::move(request));
    if (!replies) {
        co_return replies.error();
    }
    co_return parse_all<T>(*replies, parse);
}

asio::awaitable<Result<Link>> async_find_link(std::shared_ptr<Connection> connection, Request request)
{
    const auto what = request.what();
    auto links = co_await async_list<Link>(std::move(connection), std::move(request), &parse_link);
    if (!links) {
        co_return links.error();
    }
    if (links->size() != 1) {
        co_return Error::from_errno(what, EBADMSG);
    }
    co_return std::move(links->front());
}

asio::awaitable<Result<void>> async_acknowledged(std::shared_ptr<Connection> connection, Request request)
{
    auto replies = co_await Connection::async_transact(std::move(connection), std::move(request));
    if (!replies) {
        co_return replies.error();
    }
    co_return Result<void>();
}

} // namespace

Client::Client(const asio::any_io_executor& executor, UniqueFd socket, ClientOptions options)
    : connection_(std::make_shared<Connection>(executor, std::move(socket), options))
{
}

Result<Client> Client::open(const asio::any_io_executor& executor, ClientOptions options)
{
    auto socket = open_socket();
    if (!socket) {
        return socket.error();
    }
    return Client(executor, std::move(*socket), options);
}

Result<Client> Client::open_in(const asio::any_io_executor& executor, int namespace_fd, ClientOptions options)
{
    auto socket = open_socket_in(namespace_fd);
    if (!socket) {
        return socket.error();
    }
    return Client(executor, std::move(*socket), options);
}

Client::Awaitable<void> Client::async_change(Request request) const
{
    return async_acknowledged(connection_, std::move(request));
}

Client::Awaitable<std::vector<Link>> Client::async_links() const
{
    return async_list<Link>(connection_, request::links(), &parse_link);
}

Client::Awaitable<std::vector<Address>> Client::async_addresses() const
{
    return async_list<Address>(connection_, request::addresses(), &parse_address);
}

Client::Awaitable<std::vector<Route>> Client::async_routes() const
{
    return async_list<Route>(connection_, request::routes(), &parse_route);
}

Client::Awaitable<std::vector<Rule>> Client::async_rules() const
{
    return async_list<Rule>(connection_, request::rules(), &parse_rule);
}

Client::Awaitable<std::vector<Neighbour>> Client::async_neighbours() const
{
    return async_list<Neighbour>(connection_, request::neighbours(), &parse_neighbour);
}

Client::Awaitable<Link> Client::async_link_by_name(std::string_view name) const
{
    return async_find_link(connection_, request::link_by_name(name));
}

Client::Awaitable<Link> Client::async_link(InterfaceIndex index) const
{
    return async_find_link(connection_, request::link(index));
}

Client::Awaitable<void> Client::async_create_veth(std::string_view name, const LinkAddress& address,
                                                  std::string_view peer_name, const LinkAddress& peer_address,
                                                  int peer_namespace_fd) const
{
    const request::VethEnd here{name, address, -1};
    const request::VethEnd peer{peer_name, peer_address, peer_namespace_fd};
    return async_change(request::create_veth(here, peer));
}

Client::Awaitable<void> Client::async_create_veth(std::string_view name, std::string_view peer_name) const
{
    return async_create_veth(name, LinkAddress(), peer_name, LinkAddress(), -1);
}

Client::Awaitable<void> Client::async_create_vrf(std::string_view name, std::uint32_t table) const
{
    return async_change(request::create_vrf(name, table));
}

Client::Awaitable<void> Client::async_create_bridge(std::string_view name) const
{
    return async_change(request::create_plain(name, "bridge"));
}

Client::Awaitable<void> Client::async_create_dummy(std::string_view name) const
{
    return async_change(request::create_plain(name, "dummy"));
}

Client::Awaitable<void> Client::async_create_macvlan(std::string_view name, InterfaceIndex parent) const
{
    return async_change(request::create_macvlan(name, parent));
}

Client::Awaitable<void> Client::async_delete_link(InterfaceIndex index) const
{
    return async_change(request::delete_link(index));
}

Client::Awaitable<void> Client::async_delete_links_of_group(std::uint32_t group) const
{
    return async_change(request::delete_links_of_group(group));
}

Client::Awaitable<void> Client::async_rename_link(InterfaceIndex index, std::string_view name) const
{
    return async_change(request::rename_link(index, name));
}

Client::Awaitable<void> Client::async_set_link_up(InterfaceIndex index) const
{
    return async_change(request::set_link_state(index, true));
}

Client::Awaitable<void> Client::async_set_link_down(InterfaceIndex index) const
{
    return async_change(request::set_link_state(index, false));
}

Client::Awaitable<void> Client::async_set_master(InterfaceIndex index, InterfaceIndex master) const
{
    return async_change(request::set_master(index, master));
}

Client::Awaitable<void> Client::async_set_mac(InterfaceIndex index, const LinkAddress& address) const
{
    return async_change(request::set_mac(index, address));
}

Client::Awaitable<void> Client::async_set_mtu(InterfaceIndex index, unsigned mtu) const
{
    return async_change(request::set_mtu(index, mtu));
}

Client::Awaitable<void> Client::async_set_link_group(InterfaceIndex index, std::uint32_t group) const
{
    return async_change(request::set_link_group(index, group));
}

Client::Awaitable<void> Client::async_move_link_to_namespace(InterfaceIndex index, int namespace_fd) const
{
    return async_change(request::move_link_to_namespace(index, namespace_fd));
}

Client::Awaitable<void> Client::async_disable_ipv6_address_generation(InterfaceIndex index) const
{
    return async_change(request::disable_ipv6_address_generation(index));
}

Client::Awaitable<void> Client::async_add_address_v4(InterfaceIndex index, Ipv4Address address,
                                                     unsigned prefix_length) const
{
    return async_change(request::add_address(index, address, prefix_length, 0));
}

Client::Awaitable<void> Client::async_add_address_v6(InterfaceIndex index, const Ipv6Address& address,
                                                     unsigned prefix_length, bool nodad) const
{
    return async_change(request::add_address(index, address, prefix_length, nodad ? IFA_F_NODAD : 0U));
}

Client::Awaitable<void> Client::async_delete_address(const Address& address) const
{
    return async_change(request::delete_address(address));
}

Client::Awaitable<void> Client::async_add_rule(const Rule& rule) const
{
    return async_change(request::add_rule(rule));
}

Client::Awaitable<void> Client::async_delete_rule(const Rule& rule) const
{
    return async_change(request::delete_rule(rule));
}

Client::Awaitable<void> Client::async_add_local_any_route_v4(InterfaceIndex loopback) const
{
    return async_change(request::add_local_any_route(Ipv4Address(), loopback));
}

Client::Awaitable<void> Client::async_add_local_any_route_v6(InterfaceIndex loopback) const
{
    return async_change(request::add_local_any_route(Ipv6Address(), loopback));
}

Client::Awaitable<void> Client::async_add_default_route_v4(Ipv4Address gateway, InterfaceIndex output) const
{
    return async_change(request::add_default_route(gateway, output));
}

Client::Awaitable<void> Client::async_add_default_route_v6(const Ipv6Address& gateway, InterfaceIndex output) const
{
    return async_change(request::add_default_route(gateway, output));
}

Client::Awaitable<void> Client::async_delete_route(const Route& route) const
{
    return async_change(request::delete_route(route));
}

Client::Awaitable<void> Client::async_add_permanent_neighbour(InterfaceIndex index, const IpAddress& address,
                                                              const LinkAddress& link_address) const
{
    return async_change(request::add_permanent_neighbour(index, address, link_address));
}

} // namespace keavrf::netlink
