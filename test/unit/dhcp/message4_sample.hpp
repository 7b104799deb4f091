#pragma once

#include "dhcp/message4.hpp"
#include "support/dhcp4_builder.hpp"

#include <optional>

namespace keavrf::test {

// A message with room to grow.
struct Sample {
    explicit Sample(const Bytes& bytes, std::size_t room = 600) : memory(bytes), size(bytes.size())
    {
        memory.resize(size + room, 0xee);
        message = dhcp::Message4::parse(memory, size);
    }
    explicit Sample(const Dhcp4& builder, std::size_t room = 600) : Sample(builder.bytes(), room) {}
    [[nodiscard]] Bytes bytes() const { return {message->bytes().begin(), message->bytes().end()}; }

    Bytes memory;
    std::size_t size;
    std::optional<dhcp::Message4> message;
};

} // namespace keavrf::test
