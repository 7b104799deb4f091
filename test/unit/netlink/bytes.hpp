// Bytes in tests: from hexadecimal text, and with numbers patched into them.
#pragma once

#include <linux/netlink.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace keavrf::netlink {

inline std::vector<std::uint8_t> from_hex(std::string_view text)
{
    std::vector<std::uint8_t> bytes;
    for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
        std::uint8_t byte = 0;
        std::from_chars(text.data() + at, text.data() + at + 2, byte, 16);
        bytes.push_back(byte);
    }
    return bytes;
}

// The first `size` bytes of a message, which then claims to be that long.
inline std::vector<std::uint8_t> shortened(std::vector<std::uint8_t> message, std::size_t size)
{
    message.resize(size);
    if (size >= sizeof(nlmsghdr)) {
        const auto length = static_cast<std::uint32_t>(size);
        std::memcpy(message.data(), &length, sizeof length);
    }
    return message;
}

} // namespace keavrf::netlink
