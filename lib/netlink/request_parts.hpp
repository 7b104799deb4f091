// What all requests are made of. For the files of requests alone.
#pragma once

#include "netlink/requests.hpp"

#include <linux/netlink.h>

#include <cstdint>
#include <string>
#include <utility>

namespace keavrf::netlink {

inline constexpr std::uint16_t dump_flags = NLM_F_REQUEST | NLM_F_DUMP;
inline constexpr std::uint16_t change_flags = NLM_F_REQUEST | NLM_F_ACK;
inline constexpr std::uint16_t create_flags = change_flags | NLM_F_CREATE | NLM_F_EXCL;
// What is already there is left, or brought into the wanted form: repairing is the same as making.
inline constexpr std::uint16_t ensure_flags = change_flags | NLM_F_CREATE | NLM_F_REPLACE;

inline std::string of_link(InterfaceIndex index)
{
    return "link " + std::to_string(index.value());
}

template <class Header>
Request dump(std::string what, std::uint16_t type)
{
    Request request(std::move(what), type, dump_flags);
    request.message().append(Header{});
    return request;
}

} // namespace keavrf::netlink
