// What the relay counts, per port and family; the sources of keavrfd_relay_messages_total, keavrfd_relay_drops_total
// and keavrfd_exchange_seconds (DESIGN section 9). Plain numbers; they start at 0 when a port is opened.
#pragma once

#include "core/types.hpp"
#include "dhcp/message_type.hpp"
#include "relay/drop_reason.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace keavrf::relay {

// One address family of one port.
struct FamilyCounters {
    std::array<std::uint64_t, dhcp::message_type_count> to_server{}; // forwarded, by type
    std::array<std::uint64_t, dhcp::message_type_count> to_client{}; // delivered, by type
    std::array<std::uint64_t, drop_reason_count> drops{};
    std::uint64_t option82_overflow = 0;

    [[nodiscard]] std::uint64_t forwarded(dhcp::MessageType type) const
    {
        return to_server.at(static_cast<std::size_t>(type));
    }
    [[nodiscard]] std::uint64_t delivered(dhcp::MessageType type) const
    {
        return to_client.at(static_cast<std::size_t>(type));
    }
    [[nodiscard]] std::uint64_t dropped(DropReason reason) const { return drops.at(static_cast<std::size_t>(reason)); }
};

struct PortCounters {
    std::string name;
    FamilyCounters v4;
};

// From forward to answer. Upper bounds in microseconds; the last bucket has none.
struct AnswerTimes {
    static constexpr std::array<std::uint64_t, 12> bounds{100,   250,   500,    1000,   2500,    5000,
                                                          10000, 50000, 100000, 500000, 1000000, 5000000};
    std::array<std::uint64_t, bounds.size() + 1> buckets{};
    std::uint64_t count = 0;
    std::chrono::nanoseconds sum{0};

    void add(std::chrono::nanoseconds time) noexcept;
};

struct RelayCounters {
    std::map<InterfaceIndex, PortCounters> ports;
    // Drops at the uplink that no port can be named for.
    std::array<std::uint64_t, drop_reason_count> uplink_drops{};
    AnswerTimes answer_times;
};

} // namespace keavrf::relay
