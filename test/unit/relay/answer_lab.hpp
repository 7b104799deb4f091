// Answers as Kea gives them, and what is to become of them.
#pragma once

#include "request_lab.hpp"

#include <string>

namespace keavrf::test::answer_lab {

inline constexpr std::uint8_t offer = 2;
inline constexpr std::uint8_t ack = 5;
inline constexpr std::uint8_t nak = 6;
inline constexpr std::uint8_t inform = 8;
inline constexpr std::uint32_t leased = 0xc0a80164;

// As Kea answers: its own address in option 54, option 82 echoed as the last.
inline Dhcp4 answer(std::uint8_t type, std::uint32_t giaddr, const Bytes& option82 = own_option82("eth1"))
{
    Dhcp4 builder;
    builder.op = 2;
    builder.hops = 1;
    builder.giaddr = giaddr;
    builder.yiaddr = type == nak ? 0 : leased;
    builder.with(type, tlv(54, address(kea_address)) + tlv(51, {0, 0, 14, 16}) + option82);
    builder.padded = 0;
    return builder;
}

// What the client shall see of it.
inline Dhcp4 seen(Dhcp4 sent, std::uint8_t type, std::uint32_t server, const Bytes& option82 = {})
{
    sent.with(type, tlv(54, address(server)) + tlv(51, {0, 0, 14, 16}) + option82);
    sent.padded = 300;
    return sent;
}

inline Dhcp4 from_client(std::uint8_t type, const Bytes& more = {})
{
    Dhcp4 builder;
    return builder.with(type, more);
}

inline const std::string to_client = "frame by 2 from 192.168.1.10 to 192.168.1.100 at 02:00:00:00:00:01";

} // namespace keavrf::test::answer_lab
