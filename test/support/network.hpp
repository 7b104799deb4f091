// Builds what a test's host consists of, by the project's own netlink library, synchronously; a step that fails fails
// the test with the kernel's reason.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "core/unique_fd.hpp"
#include "netlink/client.hpp"
#include "support/dhcp_packet.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <vector>

namespace keavrf::test {

// A network namespace without a name; it lives as long as something uses it. Its loopback is up.
class ClientNamespace {
public:
    ClientNamespace();
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
    UniqueFd fd_;
};

class Network {
public:
    // Of the current namespace, or of another one (borrowed for the call).
    explicit Network(int network_namespace = -1);

    // Devices; all come up.
    void add_vrf(const std::string& name, std::uint32_t table);
    void add_bridge(const std::string& name);
    // `name` here and `peer` in the client's namespace, with this hardware address.
    void add_veth(const std::string& name, const ClientNamespace& client, const std::string& peer, const Mac& peer_mac);
    // Both ends here.
    void add_veth(const std::string& name, const std::string& peer);
    void add_dummy(const std::string& name);
    void remove(const std::string& name);

    void up(const std::string& name);
    void down(const std::string& name);
    void rename(const std::string& name, const std::string& to);                      // taken down and up again for it
    void set_master(const std::string& name, const std::string& master);              // empty: none
    void add_address(const std::string& name, const std::string& address_and_length); // "192.168.1.10/24"
    void remove_address(const std::string& name, const std::string& address_and_length);
    void add_default_route(const std::string& gateway, const std::string& name);
    // By way of a gateway, in the main table or the VRF's of the interface.
    static void add_route(const std::string& prefix, const std::string& gateway, const std::string& name);

    [[nodiscard]] std::optional<netlink::Link> find(const std::string& name);
    [[nodiscard]] netlink::Link link(const std::string& name);

    // A member interface of a VRF (or, where `master` is empty, an interface without one) with its address, and at its
    // other end a client's interface "eth0".
    void add_client_interface(const std::string& name, const std::string& master, const std::string& address_and_length,
                              const ClientNamespace& client, const Mac& client_mac);

private:
    template <class T>
    Result<T> attempt(asio::awaitable<Result<T>> operation);
    template <class T>
    T wait(asio::awaitable<Result<T>> operation);

    bool of_host_; // its veths lead to clients, and what they hear of the host is recorded (recording.hpp)
    std::unique_ptr<asio::io_context> io_;
    std::optional<netlink::Client> client_;
};

// What the host's administrator would look at: links, addresses, routes of all tables, rules; one text to compare. What
// changes by itself (lifetimes, tentative addresses) is left out.
std::string host_state();
// The same, once everything has come up and the addresses that come by themselves are there.
std::string settled_host_state();
// `ip neigh`, which legitimately learns clients.
std::string neighbours();
// Lines of `after` that `before` does not have, and the other way round, marked + and -.
std::string difference(const std::string& before, const std::string& after);

} // namespace keavrf::test
