#include "relay/hold_queue.hpp"

namespace keavrf::relay {

void HoldQueue::push(std::span<const std::uint8_t> message, InterfaceIndex port)
{
    if (has_room_for(message.size())) {
        held_.push_back({{message.begin(), message.end()}, port});
        bytes_ += message.size();
    }
}

void HoldQueue::pop(std::size_t count)
{
    for (; count > 0 && !held_.empty(); --count) {
        bytes_ -= held_.front().bytes.size();
        held_.pop_front();
    }
}

} // namespace keavrf::relay
