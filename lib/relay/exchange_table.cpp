#include "relay/exchange_table.hpp"

#include "dhcp/message4.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace keavrf::relay {

namespace {

constexpr std::size_t first_size = 64;
// A full table grows only while its oldest entry may still be answered.
constexpr std::chrono::seconds answerable{10};

// A DHCPLEASEQUERY and its answers, whose chaddr is that of the lease found, whatever was asked for (RFC 4388 6.4.2).
bool about_leases(dhcp::MessageType type) noexcept
{
    using dhcp::MessageType;
    return type == MessageType::lease_query || type == MessageType::lease_unassigned ||
           type == MessageType::lease_unknown || type == MessageType::lease_active;
}

} // namespace

ExchangeKey::ExchangeKey(const dhcp::Message4& message) noexcept : xid(message.xid()), answered_at(message.giaddr())
{
    const auto at_ciaddr = message.type() == dhcp::MessageType::inform || answered_at.unspecified();
    if (at_ciaddr && !message.ciaddr().unspecified()) {
        answered_at = message.ciaddr();
    }
    if (!about_leases(message.type())) {
        const auto address = message.chaddr();
        std::copy(address.begin(), address.end(), chaddr.begin());
    }
}

ExchangeTable::ExchangeTable(std::uint64_t seed, std::size_t limit)
    : seed_(seed), limit_(std::clamp<std::size_t>(limit, 1, none - 1U)), slots_(std::min(first_size, limit_)),
      heads_(std::bit_ceil(2 * slots_.size()), none)
{
}

std::uint64_t ExchangeKey::hash(std::uint64_t seed) const noexcept
{
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), chaddr.data(), sizeof words);
    auto hash = seed;
    for (const auto word : {words[0], words[1], std::uint64_t{xid} << 32U | answered_at.value()}) {
        hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 29U;
        hash = (hash + seed) * 0xbf58476d1ce4e5b9U;
        hash ^= hash >> 32U;
    }
    return hash;
}

std::size_t ExchangeTable::bucket(const ExchangeKey& key) const noexcept
{
    return key.hash(seed_) & (heads_.size() - 1);
}

ExchangeTable::Position ExchangeTable::position(const ExchangeKey& key) const noexcept
{
    auto at = heads_[bucket(key)];
    while (at != none && slots_[at].key != key) {
        at = slots_[at].chain;
    }
    return at;
}

Exchange* ExchangeTable::find(const ExchangeKey& key) noexcept
{
    const auto at = position(key);
    return at == none ? nullptr : &slots_[at].exchange;
}

void ExchangeTable::remember(const ExchangeKey& key, const Exchange& exchange)
{
    auto at = position(key);
    std::uint8_t pending = 0;
    auto number = exchange.number;
    if (at == none) {
        at = take_slot(exchange.arrived);
        slots_[at].key = key;
        link(at);
    } else {
        pending = slots_[at].exchange.pending;
        number = pending == 0 ? number : slots_[at].exchange.number;
        unlink_age(at);
    }
    slots_[at].exchange = exchange;
    slots_[at].exchange.number = number;
    slots_[at].exchange.pending = pending == 0xff ? pending : static_cast<std::uint8_t>(pending + 1U);
    append_age(at);
}

ExchangeTable::Position ExchangeTable::take_slot(TimePoint now)
{
    if (used_ == slots_.size() && used_ < limit_ && now - slots_[oldest_].exchange.arrived < answerable) {
        grow();
    }
    if (used_ < slots_.size()) {
        return static_cast<Position>(used_++);
    }
    const auto at = oldest_;
    unlink_age(at);
    unlink_chain(at);
    ++evicted_;
    return at;
}

// Where there is no memory for more, it stays as it is, and the oldest goes: a packet never throws.
void ExchangeTable::grow()
{
    try {
        const auto size = std::min(2 * slots_.size(), limit_);
        decltype(heads_) heads(std::bit_ceil(2 * size), none);
        slots_.resize(size);
        heads_.swap(heads);
    } catch (const std::bad_alloc&) {
        return;
    }
    for (std::size_t at = 0; at < used_; ++at) {
        link(static_cast<Position>(at));
    }
}

void ExchangeTable::link(Position position) noexcept
{
    auto& head = heads_[bucket(slots_[position].key)];
    slots_[position].chain = head;
    head = position;
}

void ExchangeTable::unlink_chain(Position position) noexcept
{
    auto* link = &heads_[bucket(slots_[position].key)];
    while (*link != position) {
        link = &slots_[*link].chain;
    }
    *link = slots_[position].chain;
}

void ExchangeTable::unlink_age(Position position) noexcept
{
    const auto& slot = slots_[position];
    (slot.older == none ? oldest_ : slots_[slot.older].newer) = slot.newer;
    (slot.newer == none ? newest_ : slots_[slot.newer].older) = slot.older;
}

void ExchangeTable::append_age(Position position) noexcept
{
    slots_[position].older = newest_;
    slots_[position].newer = none;
    (newest_ == none ? oldest_ : slots_[newest_].newer) = position;
    newest_ = position;
}

} // namespace keavrf::relay
