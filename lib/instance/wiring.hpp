// Carries out, by netlink, how an instance is wired (DESIGN section 4): its namespace, and the veth pair between the
// hub and that namespace. Nothing is resolved at run time: both ends know each other's addresses by permanent neighbour
// entries, so the host-wide neighbour table is not filled.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "instance/hub.hpp"
#include "instance/pair_addresses.hpp"
#include "instance/pair_state.hpp"
#include "netlink/client.hpp"
#include "netns/namespace.hpp"

#include <functional>
#include <string>

namespace keavrf::instance {

// Writes down what a namespace is, before it gets its name.
using NamespaceRecorder = std::function<Result<void>(const netns::Namespace&)>;

// A namespace with its settings in place and loopback up, no links yet. It gets its name last, after `recorder`; where
// anything fails before, it goes with its descriptor.
asio::awaitable<Result<netns::Namespace>> async_create_kea_namespace(std::string name, NamespaceRecorder recorder);
// What apart from links can be lost of a standing one: settings.
Result<void> restore_settings(int namespace_fd);
// Everything in the namespace of the client.
asio::awaitable<Result<NamespacePicture>> async_picture(netlink::Client client);

// The pair: the relay's end named like the VRF in the hub, the other as kea0 in the Kea namespace, both with their
// addresses, up and running when it returns (Kea started before is deaf). Returns the index of the relay's end. A pair
// of which a part fails is removed again. The hub and the namespace outlive the call.
asio::awaitable<Result<InterfaceIndex>> async_create_pair(Hub& hub, int kea_namespace_fd, std::string name,
                                                          PairAddresses addresses);
// Puts everything of a standing pair in place again; what is there stays. `index`: of the relay's end.
asio::awaitable<Result<void>> async_repair_pair(Hub& hub, int kea_namespace_fd, InterfaceIndex index, std::string name,
                                                PairAddresses addresses);
// The first part of that: what somebody changed of both ends, MTU and addresses, is taken back.
asio::awaitable<Result<void>> async_take_back_pair(Hub& hub, int kea_namespace_fd, InterfaceIndex index,
                                                   PairAddresses addresses);
// Kea's end of it. ENODEV where there is none.
struct KeaEnd {
    netlink::Client client; // in Kea's namespace
    InterfaceIndex index;
};
asio::awaitable<Result<KeaEnd>> async_find_kea_end(int kea_namespace_fd);
// Whatever is left of it in the hub and in the Kea namespace; nothing found is a success.
asio::awaitable<Result<void>> async_remove_pair(Hub& hub, int kea_namespace_fd, std::string name);

} // namespace keavrf::instance
