#include "wiring.hpp"

#include "netns/sysctl.hpp"
#include "support/await.hpp"
#include "support/wait.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>

namespace keavrf::bench {

const test::Mac Wiring::relay_mac{0x02, 0x6b, 0, 0, 0, 1};
const test::Mac Wiring::server_mac{0x02, 0x6b, 0, 0, 0, 2};
const test::Mac Wiring::gateway_mac{0x02, 0x6b, 0, 0, 0, 3};

namespace {

// netlink in one namespace, one operation after the other; what fails ends the run.
class Plumber {
public:
    explicit Plumber(int network_namespace)
        : client_(checked(netlink::Client::open_in(context_.get_executor(), network_namespace)))
    {
        checked(netns::apply_sysctls(network_namespace, netns::isolated_namespace_sysctls()));
    }
    [[nodiscard]] const netlink::Client& client() const noexcept { return client_; }
    template <class T>
    T operator()(asio::awaitable<Result<T>> operation)
    {
        return checked(test::await(context_, std::move(operation)));
    }
    [[nodiscard]] netlink::Link link(const std::string& name) { return (*this)(client_.async_link_by_name(name)); }
    // Both ends come up, here and there.
    void veth(const std::string& name, const test::Mac& mac, const std::string& peer, const test::Mac& peer_mac,
              Plumber& there, int peer_namespace)
    {
        (*this)(client_.async_create_veth(name, LinkAddress(mac), peer, LinkAddress(peer_mac), peer_namespace));
        (*this)(client_.async_set_link_up(link(name).index));
        there(there.client_.async_set_link_up(there.link(peer).index));
    }

private:
    template <class T>
    static T checked(Result<T> result)
    {
        BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : result.error().message()));
        if constexpr (!std::is_void_v<T>) {
            return std::move(*result);
        }
    }

    asio::io_context context_{1};
    netlink::Client client_;
};

UniqueFd this_namespace()
{
    return UniqueFd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
}

} // namespace

Wiring::Wiring(Uplink uplink) : uplink_side_(uplink), home_(this_namespace())
{
    Plumber host(home_.get());
    Plumber clients(clients_.fd());
    Plumber server(server_.fd());
    Plumber hub(hub_.fd());
    host(host.client().async_set_link_up(host.link("lo").index));
    host.veth("cli", gateway_mac, "gen0", {0x02, 0x6c, 0xff, 0, 0, 0}, clients, clients_.fd());

    auto& relay = uplink == Uplink::in_hub ? hub : host;
    relay.veth("up", relay_mac, "kea0", server_mac, server, server_.fd());
    uplink_ = relay.link("up").index;
    const auto kea0 = server.link("kea0").index;
    server(server.client().async_add_address_v4(kea0, server_address, 30));
    server(server.client().async_add_permanent_neighbour(kea0, relay_address, LinkAddress(relay_mac)));
    server(server.client().async_add_default_route_v4(relay_address, kea0));
    if (uplink != Uplink::alone) {
        host(host.client().async_add_address_v4(host.link("cli").index, gateway, 16));
        relay(relay.client().async_add_address_v4(uplink_, relay_address, 30));
        relay(relay.client().async_add_permanent_neighbour(uplink_, server_address, LinkAddress(server_mac)));
    }
    hub(hub.client().async_add_local_any_route_v4(hub.link("lo").index));
    BOOST_REQUIRE(test::eventually([&] { return server.link("kea0").running() && host.link("cli").running(); }));
    client_side_ = host.link("cli");
}

Wiring::~Wiring()
{
    // The host's ends stay behind when the namespaces of the others are only dropped later by the kernel.
    try {
        test::Network host;
        for (const auto* name : {"cli", "up"}) {
            if (host.find(name)) {
                host.remove(name);
            }
        }
    } catch (const std::exception& failure) {
        BOOST_ERROR("cannot remove the bench's links: " << failure.what());
    }
}

} // namespace keavrf::bench
