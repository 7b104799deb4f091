#include "kea/lease_ghosts.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace keavrf::kea {

namespace {

std::string_view column(const LeaseColumns& columns, LeaseColumn which)
{
    const auto index = static_cast<std::size_t>(which);
    return index < columns.size() ? columns[index] : std::string_view();
}

// Keyed, and every bit of the text moves every bit of it (murmur's finaliser after each word).
std::uint64_t stir(std::uint64_t state, std::uint64_t word)
{
    state ^= word;
    state ^= state >> 33U;
    state *= 0xff51afd7ed558ccdU;
    state ^= state >> 33U;
    state *= 0xc4ceb9fe1a85ec53U;
    return state ^ (state >> 33U);
}

std::uint64_t stir(std::uint64_t state, std::string_view text)
{
    state = stir(state, text.size());
    while (!text.empty()) {
        std::uint64_t word = 0;
        const auto size = std::min(text.size(), sizeof word);
        std::memcpy(&word, text.data(), size);
        state = stir(state, word);
        text.remove_prefix(size);
    }
    return state;
}

// Its lifetime 0, as Kea writes it for a lease that is gone.
std::string release_of(std::uint32_t address, const LeaseColumns& columns)
{
    std::string row = Ipv4Address(address).str();
    for (std::size_t index = 1; index < columns.size(); ++index) {
        row += ',';
        switch (static_cast<LeaseColumn>(index)) {
        case LeaseColumn::lifetime:
        case LeaseColumn::forward:
        case LeaseColumn::reverse:
            row += '0';
            break;
        case LeaseColumn::hostname:
        case LeaseColumn::context:
            break;
        default:
            row += columns[index];
        }
    }
    return row;
}

} // namespace

std::uint64_t LeaseGhosts::client_of(const LeaseColumns& columns) const
{
    auto state = stir(seed_, column(columns, LeaseColumn::hardware));
    state = stir(std::rotl(state, 7) ^ seed_, column(columns, LeaseColumn::client));
    return stir(state, column(columns, LeaseColumn::subnet));
}

void LeaseGhosts::see(const LeaseColumns& columns)
{
    const auto parsed = Ipv4Address::parse(columns.front());
    if (!parsed) {
        return;
    }
    const auto address = parsed->value();
    ghosts_.erase(address);
    const auto lifetime = lease_number(column(columns, LeaseColumn::lifetime));
    const auto state = column(columns, LeaseColumn::state);
    const bool identified =
        !column(columns, LeaseColumn::hardware).empty() || !column(columns, LeaseColumn::client).empty();
    if (lifetime == 0 || !identified || (!state.empty() && state != "0")) {
        clients_.erase(address);
        return;
    }
    const auto expire = lease_number(column(columns, LeaseColumn::expire));
    hold(client_of(columns), {address, static_cast<std::uint32_t>(expire - lifetime)}, columns);
}

void LeaseGhosts::hold(std::uint64_t client, Holding holding, const LeaseColumns& columns)
{
    clients_[holding.address] = client;
    const auto [latest, first] = latest_.try_emplace(client, holding);
    if (first) {
        return;
    }
    const auto before = latest->second;
    const auto still = clients_.find(before.address);
    const bool two = before.address != holding.address && still != clients_.end() && still->second == client;
    const bool older = two && sorted_ && holding.since < before.since;
    if (two) {
        const auto ghost = older ? holding.address : before.address;
        ghosts_[ghost] = release_of(ghost, columns);
    }
    if (!older) {
        latest->second = holding;
    }
}

std::string LeaseGhosts::releases() const
{
    std::string rows;
    for (const auto& [address, row] : ghosts_) {
        rows += row + '\n';
    }
    return rows;
}

} // namespace keavrf::kea
