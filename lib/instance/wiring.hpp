// Carries out, by netlink, how an instance is wired (DESIGN section 4): its namespace, and the veth pair between the
// hub and that namespace. Nothing is resolved at run time: both ends know each other's addresses by permanent neighbour
// entries, so the host-wide neighbour table is not filled.
#pragma once

#include "core/asio.hpp"
#include "core/error.hpp"
#include "core/types.hpp"
#include "instance/hub.hpp"
#include "instance/pair_addresses.hpp"
#include "netns/namespace.hpp"

#include <string>

namespace keavrf::instance {

// The interface that Kea listens on, in every Kea namespace.
inline constexpr const char* kea_interface = "kea0";

// A namespace with its settings in place and loopback up, no links yet. Undone when a part of it fails.
asio::awaitable<Result<netns::Namespace>> async_create_kea_namespace(std::string name);

// The pair: the relay's end named like the VRF in the hub, the other as kea0 in the Kea namespace, both with their
// addresses, up and running when it returns (Kea started before is deaf). Returns the index of the relay's end. A pair
// of which a part fails is removed again. The hub and the namespace outlive the call.
asio::awaitable<Result<InterfaceIndex>> async_create_pair(Hub& hub, int kea_namespace_fd, std::string name,
                                                          PairAddresses addresses);

} // namespace keavrf::instance
