#include "links.hpp"

#include "netlink/client.hpp"
#include "support/await.hpp"

#include <fcntl.h>
#include <linux/rtnetlink.h>

#include <algorithm>

namespace keavrf::faults {

namespace {

// netlink in another namespace; failures are the caller's to ignore.
template <class Function>
void with_links(int network_namespace, Function&& function)
{
    asio::io_context context(1);
    const auto client = netlink::Client::open_in(context.get_executor(), network_namespace);
    if (client) {
        function(context, *client);
    }
}

template <class Change>
void change_link(int network_namespace, const std::string& name, Change&& change)
{
    with_links(network_namespace, [&](asio::io_context& context, const netlink::Client& client) {
        const auto link = test::await(context, client.async_link_by_name(name));
        if (link) {
            static_cast<void>(test::await(context, change(client, link->index)));
        }
    });
}

} // namespace

std::vector<std::string> host_links()
{
    std::vector<std::string> names;
    const int here = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    with_links(here, [&](asio::io_context& context, const netlink::Client& client) {
        const auto links = test::await(context, client.async_links());
        for (const auto& link : links ? *links : std::vector<netlink::Link>()) {
            names.push_back(link.name);
        }
    });
    ::close(here);
    std::sort(names.begin(), names.end());
    return names;
}

void try_remove_link(int network_namespace, const std::string& name)
{
    change_link(network_namespace, name,
                [](const auto& client, auto index) { return client.async_delete_link(index); });
}

void try_link_down(int network_namespace, const std::string& name)
{
    change_link(network_namespace, name,
                [](const auto& client, auto index) { return client.async_set_link_down(index); });
}

void try_remove_any_local_route(int network_namespace)
{
    with_links(network_namespace, [](asio::io_context& context, const netlink::Client& client) {
        const auto routes = test::await(context, client.async_routes());
        for (const auto& route : routes ? *routes : std::vector<netlink::Route>()) {
            if (route.type == RTN_LOCAL && route.prefix_length == 0) {
                static_cast<void>(test::await(context, client.async_delete_route(route)));
            }
        }
    });
}

} // namespace keavrf::faults
