// A message in an operator's words, for `watch` and debug logs. Printable ASCII whatever the packet holds.
#pragma once

#include "dhcp/message4.hpp"

#include <string>

namespace keavrf::dhcp {

// "02:00:00:00:00:01"; with " id=..." where option 61 says something else; "htype 32 0011..." off Ethernet.
std::string client_text(const Message4& message);

// The address that it is about: yiaddr, else ciaddr, else the one requested (option 50); nothing where there is none.
std::optional<Ipv4Address> subject_address(const Message4& message);

} // namespace keavrf::dhcp
