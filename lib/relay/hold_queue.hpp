// Requests that wait while Kea reads its configuration, in the order in which they came. Bounded by number and by
// bytes, whatever clients send; how long they wait is the relay's to say. Pure.
#pragma once

#include "core/types.hpp"
#include "dhcp/message_type.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace keavrf::relay {

struct HoldLimits {
    std::size_t messages = 65536;
    std::size_t bytes = std::size_t{32} << 20U;
};

class HoldQueue {
public:
    struct Held {
        std::vector<std::uint8_t> bytes;
        InterfaceIndex port;
        dhcp::MessageType type = dhcp::MessageType::bootp;
    };

    explicit HoldQueue(HoldLimits limits = {}) noexcept : limits_(limits) {}

    [[nodiscard]] bool has_room_for(std::size_t size) const noexcept
    {
        return held_.size() < limits_.messages && size <= limits_.bytes - bytes_;
    }
    // Copies it. False, and nothing happens, where there is no room.
    bool push(std::span<const std::uint8_t> message, InterfaceIndex port, dhcp::MessageType type);
    [[nodiscard]] const Held& at(std::size_t number) const { return held_.at(number); }
    // The oldest `count` go, at most all of them.
    void pop(std::size_t count);
    void clear() { pop(held_.size()); }
    // Those of one port; how many there were.
    std::size_t erase(InterfaceIndex port);
    [[nodiscard]] bool empty() const noexcept { return held_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return held_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    HoldLimits limits_;
    std::deque<Held> held_;
    std::size_t bytes_ = 0;
};

} // namespace keavrf::relay
