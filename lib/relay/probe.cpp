#include "relay/probe.hpp"

#include <algorithm>

namespace keavrf::relay {

namespace {

// Locally administered, and no interface's.
constexpr std::array<std::uint8_t, 6> hardware_address{0x02, 0x6b, 0x76, 0xff, 0xff, 0xff};

void put_number(Probe::Bytes& bytes, std::size_t at, std::uint32_t value)
{
    for (std::size_t byte = 0; byte < 4; ++byte) {
        bytes.at(at + byte) = static_cast<std::uint8_t>(value >> (24 - 8 * byte));
    }
}

} // namespace

Probe::Bytes Probe::next()
{
    ++xid_;
    Bytes bytes{};
    bytes[0] = 1; // BOOTREQUEST
    bytes[1] = 1; // Ethernet
    bytes[2] = hardware_address.size();
    bytes[3] = 1; // hops
    put_number(bytes, 4, xid_);
    put_number(bytes, 12, address_.value()); // ciaddr
    put_number(bytes, 24, address_.value()); // giaddr
    std::copy(hardware_address.begin(), hardware_address.end(), bytes.begin() + 28);
    put_number(bytes, dhcp::Message4::header_size, 0x63825363); // the magic cookie
    auto* options = bytes.data() + dhcp::Message4::header_size + dhcp::Message4::cookie_size;
    options[0] = dhcp::option::message_type;
    options[1] = 1;
    options[2] = 8; // DHCPINFORM
    options[3] = dhcp::option::end;
    return bytes;
}

bool Probe::answered_by(const dhcp::Message4& message) const noexcept
{
    const auto chaddr = message.chaddr();
    return message.operation() == 2 && message.xid() == xid_ && message.ciaddr() == address_ &&
           std::equal(chaddr.begin(), chaddr.end(), hardware_address.begin(), hardware_address.end());
}

} // namespace keavrf::relay
