#include "relay/hold_queue.hpp"

namespace keavrf::relay {

bool HoldQueue::push(std::span<const std::uint8_t> message, InterfaceIndex port, dhcp::MessageType type)
{
    if (!has_room_for(message.size())) {
        return false;
    }
    held_.push_back({{message.begin(), message.end()}, port, type});
    bytes_ += message.size();
    return true;
}

void HoldQueue::pop(std::size_t count)
{
    for (; count > 0 && !held_.empty(); --count) {
        bytes_ -= held_.front().bytes.size();
        held_.pop_front();
    }
}

std::size_t HoldQueue::erase(InterfaceIndex port)
{
    return std::erase_if(held_, [&](const Held& held) {
        const bool gone = held.port == port;
        bytes_ -= gone ? held.bytes.size() : 0;
        return gone;
    });
}

} // namespace keavrf::relay
