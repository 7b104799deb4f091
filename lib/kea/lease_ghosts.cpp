#include "kea/lease_ghosts.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

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

// Behind the address; the lifetime 0, as Kea writes it for a lease that is gone.
std::string release_of(const LeaseColumns& columns)
{
    std::string row;
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

void LeaseGhosts::begin_file(bool sorted) noexcept
{
    sorted_ = sorted;
    behind_part_ = false;
}

void LeaseGhosts::see(const LeaseColumns& columns)
{
    const auto parsed = Ipv4Address::parse(columns.front());
    if (!parsed) {
        return;
    }
    const auto address = parsed->value();
    const auto lifetime = lease_number(column(columns, LeaseColumn::lifetime));
    const auto state = column(columns, LeaseColumn::state);
    const bool identified =
        !column(columns, LeaseColumn::hardware).empty() || !column(columns, LeaseColumn::client).empty();
    if (lifetime == 0 || !identified || (!state.empty() && state != "0")) {
        let_go(address);
        return;
    }
    Holding holding;
    holding.address = address;
    holding.since = static_cast<std::uint32_t>(lease_number(column(columns, LeaseColumn::expire)) - lifetime);
    holding.sure = !sorted_ && !behind_part_;
    holding.behind_part = behind_part_;
    holding.sorted = sorted_;
    hold(client_of(columns), holding, columns);
}

void LeaseGhosts::let_go(std::uint32_t address)
{
    const auto owner = clients_.find(address);
    if (owner == clients_.end()) {
        return;
    }
    if (const auto contest = contests_.find(owner->second); contest != contests_.end()) {
        if (const auto row = contest->second.rows.extract(address)) {
            contest->second.held.erase(row.mapped());
        }
    }
    clients_.erase(owner);
}

void LeaseGhosts::hold(std::uint64_t client, Holding holding, const LeaseColumns& columns)
{
    const auto owner = clients_.find(holding.address);
    const bool known = owner != clients_.end() && owner->second == client;
    if (!known) {
        let_go(holding.address);
        clients_[holding.address] = client;
    }
    const auto [latest, first] = latest_.try_emplace(client, holding);
    const auto before = std::exchange(latest->second, holding);
    if (first) {
        return;
    }
    auto contest = contests_.find(client);
    if (contest == contests_.end()) {
        const auto still = clients_.find(before.address);
        const bool two = before.address != holding.address && still != clients_.end() && still->second == client;
        if (!two) {
            latest->second.sure = holding.sure || (known && before.sure);
            return;
        }
        contest = contests_.try_emplace(client).first;
        compare(contest->second, before, columns);
    }
    compare(contest->second, holding, columns);
}

void LeaseGhosts::compare(Contest& contest, Holding holding, const LeaseColumns& columns)
{
    const auto [row, first] = contest.rows.try_emplace(holding.address, ++row_);
    if (!first) {
        const auto before = contest.held.extract(std::exchange(row->second, row_));
        holding.sure = holding.sure || before.mapped().sure;
    }
    contest.held.emplace(row_, holding);
    contest.release = release_of(columns);
}

std::uint32_t LeaseGhosts::real_one(const Contest& contest)
{
    const Holding* real = nullptr;
    for (const auto& [row, next] : contest.held) {
        const bool older = real != nullptr && next.sorted && next.since < real->since;
        const bool refused = real != nullptr && real->sure && next.behind_part && !next.sure;
        real = older || refused ? real : &next;
    }
    return real != nullptr ? real->address : 0;
}

std::map<std::uint32_t, std::string_view> LeaseGhosts::ghosts() const
{
    std::map<std::uint32_t, std::string_view> all;
    for (const auto& [client, contest] : contests_) {
        const auto real = real_one(contest);
        for (const auto& [row, one] : contest.held) {
            if (one.address != real) {
                all[one.address] = contest.release;
            }
        }
    }
    return all;
}

std::size_t LeaseGhosts::count() const
{
    return ghosts().size();
}

std::string LeaseGhosts::releases() const
{
    std::string rows;
    for (const auto& [address, release] : ghosts()) {
        rows += Ipv4Address(address).str();
        rows += release;
        rows += '\n';
    }
    return rows;
}

} // namespace keavrf::kea
