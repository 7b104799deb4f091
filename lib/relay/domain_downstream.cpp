// What Domain remembers of the relays behind its ports.
#include "relay/domain.hpp"

#include <algorithm>
#include <utility>

namespace keavrf::relay {

namespace {

// On which one that is heard on `now` was heard before.
std::array<InterfaceIndex, 3> ports_before(const Downstream& known, InterfaceIndex now)
{
    auto before = known.before;
    if (known.port != now) {
        // What is `now` goes, else the one that was left for longest.
        auto* const place = std::find(before.begin(), before.end() - 1, now);
        std::move_backward(before.begin(), place, place + 1);
        before.front() = known.port;
    }
    return before;
}

} // namespace

// One that was heard on another port before is behind that one still, as far as anybody knows.
void Domain::move_downstream(const LastHeard& last, InterfaceIndex gone)
{
    auto& downstream = downstream_.at(last.second);
    downstream.port = InterfaceIndex();
    for (auto& before : downstream.before) {
        if (before != gone && ports_.contains(before)) {
            downstream.port = std::exchange(before, InterfaceIndex());
            break;
        }
    }
    auto& behind = behind_[downstream.port];
    if (downstream.port == InterfaceIndex() || behind.size() >= downstream_limit) {
        downstream_.erase(last.second);
        behind_.erase(InterfaceIndex());
        return;
    }
    behind.insert(last);
}

void Domain::hear_downstream(Ipv4Address giaddr, Downstream downstream)
{
    std::set<LastHeard>::node_type known; // used again: no allocation for one that is known
    if (const auto before = downstream_.find(giaddr); before != downstream_.end()) {
        known = behind_[before->second.port].extract({before->second.heard, giaddr});
        downstream.before = ports_before(before->second, downstream.port);
    }
    auto& behind = behind_[downstream.port];
    if (behind.size() >= downstream_limit) {
        downstream_.erase(behind.begin()->second);
        behind.erase(behind.begin());
    }
    downstream_.insert_or_assign(giaddr, downstream);
    if (known) {
        known.value() = {downstream.heard, giaddr};
        behind.insert(std::move(known));
    } else {
        behind.emplace(downstream.heard, giaddr);
    }
}

const Downstream* Domain::downstream(Ipv4Address giaddr) const noexcept
{
    const auto found = downstream_.find(giaddr);
    if (found == downstream_.end()) {
        return nullptr;
    }
    const auto port = ports_.find(found->second.port);
    return port != ports_.end() && port->second.config.relay.trusted ? &found->second : nullptr;
}

} // namespace keavrf::relay
