// The exchanges of one port that wait for an answer, by (xid, chaddr) and where the server answers: DESIGN section 5.
// The clients of two downstream relays may look alike, and one's exchange is not the other's.
//
// Bounded: one table a port, and the oldest goes when it is full, so no client evicts another port's. It grows by
// doubling up to its limit and then never allocates again. The seed keeps a client from choosing colliding keys.
// Pure; time comes in.
#pragma once

#include "core/ip_address.hpp"
#include "dhcp/message_type.hpp"
#include "relay/own_part.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace keavrf::dhcp {
class Message4;
}

namespace keavrf::relay {

using TimePoint = std::chrono::steady_clock::time_point;

struct ExchangeKey {
    ExchangeKey() = default;
    // Of a message as it goes to the server, or comes from there.
    explicit ExchangeKey(const dhcp::Message4& message) noexcept;

    std::uint32_t xid = 0;
    // giaddr; of a DHCPINFORM, which is answered there without a giaddr, ciaddr (RFC 2131 4.3.5).
    Ipv4Address answered_at;
    std::array<std::uint8_t, 16> chaddr{}; // filled up with zeros; of a DHCPLEASEQUERY and its answer, zeros alone
    friend bool operator==(const ExchangeKey&, const ExchangeKey&) noexcept = default;
    // With a seed that no client knows none can choose keys that collide.
    [[nodiscard]] std::uint64_t hash(std::uint64_t seed) const noexcept;
};

struct Exchange {
    TimePoint arrived;
    // By which Admission knows its first message whose answer has not come.
    std::uint64_t number = 0;
    // The address by which the client, or the downstream relay, knows this relay: option 54 of the answer.
    Ipv4Address relay_address;
    Ipv4Address ciaddr;
    dhcp::MessageType type = dhcp::MessageType::bootp;
    // What of the message's option 82 is ours.
    OwnPart own_option82 = OwnPart::all();
    // It came from a client on the port's link, not from behind a downstream relay.
    bool direct = false;
    // Messages forwarded whose answer has not come.
    std::uint8_t pending = 0;
    // The UDP port where a downstream relay wants the answer (RFC 8357).
    std::uint16_t answer_port = 67;
};

class ExchangeTable {
public:
    static constexpr std::size_t default_limit = 4096;

    explicit ExchangeTable(std::uint64_t seed = 0, std::size_t limit = default_limit);

    // A message was forwarded: a new entry, or one more pending message of the same exchange.
    void remember(const ExchangeKey& key, const Exchange& exchange);
    // Null where it is unknown. Valid until the next remember().
    [[nodiscard]] Exchange* find(const ExchangeKey& key) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return used_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    // How many entries went to make room.
    [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }

private:
    using Position = std::uint16_t;
    static constexpr Position none = 0xffff;
    struct alignas(64) Slot { // one line of the cache
        ExchangeKey key;
        Exchange exchange;
        Position chain = none; // next with the same hash
        Position older = none;
        Position newer = none;
    };
    static_assert(sizeof(Slot) == 64);
    [[nodiscard]] std::size_t bucket(const ExchangeKey& key) const noexcept;
    [[nodiscard]] Position position(const ExchangeKey& key) const noexcept;
    Position take_slot(TimePoint now);
    void grow();
    void link(Position position) noexcept;
    void unlink_chain(Position position) noexcept;
    void unlink_age(Position position) noexcept;
    void append_age(Position position) noexcept;

    std::uint64_t seed_;
    std::size_t limit_;
    std::vector<Slot> slots_;
    std::vector<Position> heads_;
    std::size_t used_ = 0;
    std::uint64_t evicted_ = 0;
    Position oldest_ = none;
    Position newest_ = none;
};

} // namespace keavrf::relay
