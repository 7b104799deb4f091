// The rules for names and addresses that come from the operator, by file or by -m. Pure.
// A problem is a sentence that follows the name; empty: there is none.
#pragma once

#include "core/ip_address.hpp"

#include <string>
#include <string_view>

namespace keavrf::config {

// A `\` before each character that a glob would read, and before a leading `!`; and back.
std::string escape_glob(std::string_view name);
std::string unescape_glob(std::string_view pattern);

// A name that the kernel would give to an interface (man 7 netdevice; dev_valid_name and dev_get_valid_name in
// net/core/dev.c: also no "%", no "all" and no "default").
std::string interface_name_problem(std::string_view name);
// Of a pattern that is a glob: whether any interface name could match it.
std::string glob_problem(std::string_view pattern);
// Of a VRF or a `device: none` domain: an interface name, and not one that the hub namespace needs itself.
std::string vrf_name_problem(std::string_view name);
// An address that a relay can put into giaddr (DESIGN section 5).
std::string giaddr_problem(Ipv4Address address);
// "address:port" or "[address]:port".
bool valid_listen_address(std::string_view text);
// A user or group name (man 8 useradd), not a number.
bool valid_user_name(std::string_view name);

// The longest path of a unix socket (man 7 unix: 108 bytes with the 0 at its end).
inline constexpr std::size_t max_socket_path = 107;
// What follows runtime-dir/<vrf> in the longest socket path of an instance (kea/paths.hpp).
inline constexpr std::string_view longest_socket_name = "/kea/kea-dhcp4.sock";

} // namespace keavrf::config
