// DHCPv4 messages by hand, byte for byte, for tests. It shares no code with lib/dhcp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace keavrf::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes left, const Bytes& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

inline Bytes text(std::string_view value)
{
    return {value.begin(), value.end()};
}

inline Bytes address(std::uint32_t value)
{
    return {static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U),
            static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
}

// One option or sub-option.
inline Bytes tlv(std::uint8_t code, const Bytes& value)
{
    Bytes bytes{code, static_cast<std::uint8_t>(value.size())};
    return bytes + value;
}

struct Dhcp4 {
    std::uint8_t op = 1;
    std::uint8_t htype = 1;
    std::uint8_t hlen = 6;
    std::uint8_t hops = 0;
    std::uint32_t xid = 0x01020304;
    std::uint16_t secs = 0;
    std::uint16_t flags = 0;
    std::uint32_t ciaddr = 0;
    std::uint32_t yiaddr = 0;
    std::uint32_t siaddr = 0;
    std::uint32_t giaddr = 0;
    Bytes chaddr{2, 0, 0, 0, 0, 1};
    Bytes sname;
    Bytes file;
    Bytes options; // whole options, without End
    bool end = true;
    Bytes trailing; // after End
    std::size_t padded = 300;
    std::uint32_t cookie = 0x63825363;

    [[nodiscard]] Bytes bytes() const
    {
        Bytes all{op, htype, hlen, hops};
        const auto field = [&all](Bytes value, std::size_t size) {
            value.resize(size);
            all.insert(all.end(), value.begin(), value.end());
        };
        field(address(xid), 4);
        field({static_cast<std::uint8_t>(secs >> 8U), static_cast<std::uint8_t>(secs),
               static_cast<std::uint8_t>(flags >> 8U), static_cast<std::uint8_t>(flags)},
              4);
        for (const auto value : {ciaddr, yiaddr, siaddr, giaddr}) {
            field(address(value), 4);
        }
        field(chaddr, 16);
        field(sname, 64);
        field(file, 128);
        field(address(cookie), 4);
        field(options, options.size());
        if (end) {
            all.push_back(255);
        }
        field(trailing, trailing.size());
        all.resize(std::max(all.size(), padded));
        return all;
    }
    // Option 53 and then these.
    Dhcp4& with(std::uint8_t type, const Bytes& more = {})
    {
        options = tlv(53, {type}) + more;
        return *this;
    }
};

} // namespace keavrf::test
